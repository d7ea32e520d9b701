"""Uses GearPlug's client; prints what it got, step by step, as JSON."""

import json
import sys

from activecampaign.client import Client

api = Client(sys.argv[1], "sandbox")
contact = api.contacts.create_or_update_contact({"contact": {"email": "ada@example.com", "firstName": "Ada"}})
made = api.lists.create_a_list({"list": {"name": "Friends", "stringid": "friends"}})
field = api.contacts.create_a_custom_field({"field": {"title": "Shoe size", "type": "text"}})
group = api.lists.create_a_list_group_permission(
    {"listGroup": {"listid": made["list"]["id"], "groupid": 3}},
)
steps = {
    "contact": contact["contact"]["email"],
    "list": api.lists.retrieve_a_list(made["list"]["id"])["list"]["name"],
    "group": group["listGroup"]["listid"] == made["list"]["id"],
    "field": api.contacts.update_a_custom_field(field["field"]["id"], {"field": {"title": "Hat size"}})[
        "field"
    ]["title"],
    "users": [user["username"] for user in api.users.list_all_users()["users"]],
    "user": api.users.retrieve_a_user_by_email("user@sandbox.example")["user"]["id"],
    "tags": [tag["tag"] for tag in api.tags.list_all_tags()["tags"]],
}
print(json.dumps(steps))
