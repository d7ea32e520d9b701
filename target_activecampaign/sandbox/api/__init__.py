"""Owns the endpoints of REST API v3, one module a resource: from request to response, over an account."""
