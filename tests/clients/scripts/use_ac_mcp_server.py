"""Uses the tools of ActiveCampaign's own client; prints what each gave, as JSON."""

import json
import os
import sys
from collections.abc import Iterator

os.environ["AC_API_URL"], os.environ["AC_API_TOKEN"] = sys.argv[1], "sandbox"

from ac_mcp_server import tools
from ac_mcp_server import types as of

person = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Made-up", "phone": ""}
address = {"sender_url": "https://www.example.com", "sender_reminder": "made by a test"}


def steps() -> Iterator[tuple[str, object]]:
    """Yield the name of each step and what it gave."""
    yield "contact", tools.create_or_update_contact(of.ContactCreateParams(**person))
    yield "contacts", tools.list_contacts(of.ContactListParams(search="ada", limit=5))
    yield "shown", tools.get_contact(1)
    yield "create list", tools.create_list(of.ListCreateParams(name="Friends", **address))
    yield "update list", tools.update_list(4, of.ListUpdateParams(name="Family", **address))
    yield "list", tools.get_list(4)
    yield "lists", tools.list_lists(of.ListListParams(filters=of.ListFilters(channel="email")))
    yield "groups", tools.list_groups(of.GroupListParams())
    yield "group", tools.create_list_group_permission(of.ListGroupPermissionParams(listid=4, groupid=3))
    yield "member", tools.add_contact_to_list(of.ContactListUpdateParams(contact=1, list=4, status=1))
    yield "create tag", tools.create_contact_tag(of.TagCreateParams(tag="gold"))
    yield "tagged", tools.add_tag_to_contact(of.ContactTagParams(contact=1, tag=4))
    yield "tags", tools.list_tags(of.TagListParams(limit=2))
    yield "tag", tools.get_tag(4)
    yield (
        "create field",
        tools.create_contact_custom_field(of.ContactCustomFieldCreateParams(title="Hat", type="dropdown")),
    )
    option = {"orderid": 1, "value": "s", "label": "Small", "field": "25"}
    yield "options", tools.create_field_options(of.FieldOptionBulkCreateParams(fieldOptions=[option]))
    yield (
        "relation",
        tools.create_contact_field_relationship(of.ContactFieldRelCreateParams(relid=4, field="25")),
    )
    yield "field", tools.get_contact_custom_field(25)
    yield "fields", tools.list_contact_custom_fields(of.ContactCustomFieldListParams(limit=100))
    yield (
        "value",
        tools.create_contact_field_value(of.ContactFieldValueCreateParams(contact=1, field=25, value="s")),
    )
    yield "changed", tools.update_contact_field_value(1, of.ContactFieldValueUpdateParams(value="m"))
    yield "values", tools.list_contact_field_values(of.ContactFieldValueListParams(filters={"fieldid": 25}))


print(json.dumps(dict(steps())))
