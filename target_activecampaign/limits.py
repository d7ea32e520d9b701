"""Owns the limits that ActiveCampaign documents, each with its source. The margins are added elsewhere."""

from __future__ import annotations

CONTACTS_PER_IMPORT = 250
"""Contacts in one request to the bulk importer (bulk importer reference, 2026-08)."""

MAX_BODY_BYTES = 399_999
"""Bytes of one such request's body: less than 400,000 (bulk importer reference, 2026-08)."""

IMPORTS_PER_MINUTE = 100
"""Requests to the bulk importer (bulk importer reference, 2026-08)."""

SINGLE_CONTACT_IMPORTS_PER_MINUTE = 20
"""Requests to the bulk importer that hold one contact (bulk importer reference, 2026-08)."""

REQUESTS_PER_SECOND = 5
"""Requests of an account, all endpoints and keys together (rate limits reference, 2026-08)."""

PAGE_SIZE = 100
"""Items on a page of a collection, at the most (pagination reference, 2026-08)."""
