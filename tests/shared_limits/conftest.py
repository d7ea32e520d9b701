from support.postgres_server import postgres
from support.redis_server import redis_program, redis_server

__all__ = ["postgres", "redis_program", "redis_server"]
