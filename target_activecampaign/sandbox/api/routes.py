"""Owns the table of emulated endpoints: the operation of each method and path below `/api/3`."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api import (
    bulk,
    contacts,
    fields,
    groups,
    lists,
    memberships,
    not_emulated,
    settings,
    tags,
    users,
)

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import Operation

BULK_IMPORT = "/import/bulk_import"

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/", settings.show_root),
    ("GET", "/users", users.list_users),
    ("GET", "/users/me", users.show_me),
    ("GET", "/users/{id:int}", users.show_user),
    ("GET", "/users/email/{email}", users.find_user),
    ("GET", "/users/username/{username}", users.find_user),
    ("GET", "/groups", groups.list_groups),
    ("GET", "/groups/{id:int}", groups.show_group),
    ("GET", "/accounts", not_emulated.list_accounts),
    ("GET", "/settings/account", settings.show_account),
    ("POST", BULK_IMPORT, bulk.submit_import),
    ("GET", BULK_IMPORT, bulk.list_imports),
    ("GET", "/import/info", bulk.show_import),
    ("GET", "/contacts", contacts.list_contacts),
    ("POST", "/contacts", contacts.create_contact),
    ("GET", "/contacts/{id:int}", contacts.show_contact),
    ("PUT", "/contacts/{id:int}", contacts.update_contact),
    ("DELETE", "/contacts/{id:int}", contacts.delete_contact),
    ("GET", "/contacts/{id:int}/contactLists", contacts.list_contact_memberships),
    ("GET", "/contacts/{id:int}/fieldValues", contacts.list_contact_values),
    ("GET", "/contacts/{id:int}/contactTags", contacts.list_contact_tags),
    ("POST", "/contact/sync", contacts.sync_contact),
    ("GET", "/contactLists", memberships.list_memberships),
    ("POST", "/contactLists", memberships.write_membership),
    ("GET", "/lists", lists.list_lists),
    ("POST", "/lists", lists.create_list),
    ("GET", "/lists/exclusions", lists.list_exclusions),
    ("GET", "/lists/exclusions/{id:int}", lists.show_exclusion),
    ("GET", "/lists/{id:int}", lists.show_list),
    ("PUT", "/lists/{id:int}", lists.update_list),
    ("PATCH", "/lists/{id:int}", lists.update_list),
    ("DELETE", "/lists/{id:int}", lists.delete_list),
    ("GET", "/listGroups", groups.list_list_groups),
    ("POST", "/listGroups", groups.create_list_group),
    ("GET", "/fields", fields.list_fields),
    ("POST", "/fields", fields.create_field),
    ("GET", "/fields/{id:int}", fields.show_field),
    ("PUT", "/fields/{id:int}", fields.update_field),
    ("DELETE", "/fields/{id:int}", fields.delete_field),
    ("GET", "/fields/{id:int}/options", fields.list_options),
    ("POST", "/fieldOption/bulk", fields.create_options),
    ("POST", "/fieldOptions/bulk", fields.create_options),
    ("GET", "/fieldRels", fields.list_relations),
    ("POST", "/fieldRels", fields.create_relation),
    ("GET", "/fieldValues", fields.list_values),
    ("POST", "/fieldValues", fields.write_value),
    ("GET", "/fieldValues/{id:int}", fields.show_value),
    ("PUT", "/fieldValues/{id:int}", fields.update_value),
    ("DELETE", "/fieldValues/{id:int}", fields.delete_value),
    ("GET", "/tags", tags.list_tags),
    ("POST", "/tags", tags.create_tag),
    ("GET", "/tags/{id:int}", tags.show_tag),
    ("PUT", "/tags/{id:int}", tags.update_tag),
    ("PATCH", "/tags/{id:int}", tags.update_tag),
    ("DELETE", "/tags/{id:int}", tags.delete_tag),
    ("GET", "/contactTags", tags.list_contact_tags),
    ("POST", "/contactTags", tags.create_contact_tag),
    ("DELETE", "/contactTags/{id:int}", tags.delete_contact_tag),
)
