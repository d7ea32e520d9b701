"""Owns the table of emulated endpoints: the operation of each method and path below `/api/3`."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api import bulk, contacts, fields, lists, memberships, settings, tags
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import ApiRequest, Operation

BULK_IMPORT = "/import/bulk_import"

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/", settings.show_root),
    ("GET", "/users/me", settings.show_me),
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
    ("POST", "/contactLists", memberships.write_membership),
    ("GET", "/lists", lists.list_lists),
    ("POST", "/lists", lists.create_list),
    ("GET", "/lists/exclusions", lists.list_exclusions),
    ("GET", "/lists/exclusions/{id:int}", lists.show_exclusion),
    ("GET", "/lists/{id:int}", lists.show_list),
    ("DELETE", "/lists/{id:int}", lists.delete_list),
    ("GET", "/fields", fields.list_fields),
    ("POST", "/fields", fields.create_field),
    ("GET", "/fields/{id:int}", fields.show_field),
    ("DELETE", "/fields/{id:int}", fields.delete_field),
    ("GET", "/fields/{id:int}/options", fields.list_options),
    ("POST", "/fieldOption/bulk", fields.create_options),
    ("POST", "/fieldRels", fields.create_relation),
    ("GET", "/fieldValues", fields.list_values),
    ("POST", "/fieldValues", fields.write_value),
    ("GET", "/fieldValues/{id:int}", fields.show_value),
    ("PUT", "/fieldValues/{id:int}", fields.write_value),
    ("DELETE", "/fieldValues/{id:int}", fields.delete_value),
    ("GET", "/tags", tags.list_tags),
    ("POST", "/tags", tags.create_tag),
    ("GET", "/tags/{id:int}", tags.show_tag),
    ("PUT", "/tags/{id:int}", tags.update_tag),
    ("DELETE", "/tags/{id:int}", tags.delete_tag),
    ("POST", "/contactTags", tags.create_contact_tag),
    ("DELETE", "/contactTags/{id:int}", tags.delete_contact_tag),
)


def unknown_path(_request: ApiRequest) -> ApiResponse:
    """Refuse a path that is not emulated: 404 (error reference), with a detail that says so."""
    return ApiResponse(
        404, {"errors": [{"status": 404, "title": "Not Found", "detail": "not emulated by the sandbox"}]}
    )


def unknown_method(_request: ApiRequest) -> ApiResponse:
    """Refuse a method that a path does not take: 405 (assumed)."""
    return ApiResponse(405, {"errors": [{"status": 405, "title": "Method Not Allowed"}]})
