"""Uses the tools of mcp-activecampaign; prints what each gave, as JSON."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator

os.environ["ACTIVECAMPAIGN_URL"], os.environ["ACTIVECAMPAIGN_API_KEY"] = sys.argv[1], "sandbox"

from mcp_activecampaign import server


async def steps() -> AsyncIterator[tuple[str, str]]:
    """Yield the name of each step and what it gave."""
    yield "ping", await server.ping()
    yield "create", await server.create_contact("ada@example.com", "Ada", "Made-up")
    yield "update", await server.update_contact("1", last_name="Lovelace")
    yield "subscribe", await server.subscribe_contact_to_list("1", "1")
    yield "contact", await server.get_contact("1")
    yield "contacts", await server.list_contacts(list_id="1", status="1")
    yield "search", await server.search_contacts("ada")
    yield "create tag", await server.create_tag("gold")
    yield "add tag", await server.add_tag_to_contact("1", "4")
    yield "tags of contact", await server.list_contact_tags("1")
    yield "remove tag", await server.remove_tag_from_contact("1")
    yield "tags", await server.list_tags(search="gold")
    yield "lists", await server.list_lists()
    yield "list", await server.get_list("1")
    yield "fields", await server.list_custom_fields()
    yield "set value", await server.set_field_value("1", "1", "Athens")
    yield "unsubscribe", await server.unsubscribe_contact_from_list("1", "1")
    yield "import", await server.bulk_import_contacts('[{"email": "bea@example.com", "first_name": "Bea"}]')
    yield "accounts", await server.list_accounts()
    yield "delete", await server.delete_contact("1")


async def main() -> None:
    """Print all steps."""
    print(json.dumps({name: json.loads(given) async for name, given in steps()}))


asyncio.run(main())
