"""Owns how an address becomes the identity of a contact: trimmed, lower-cased, checked. Pure."""

from __future__ import annotations

import re

# The common case, decided without the library, which takes 19 us an address and is asked up to a million
# times a run. An address that passes here passes the library, too (held by a property test): in one this
# short no part can be too long.
_LONGEST_COMMON = 64
_COMMON = re.compile(
    r"[a-z0-9_+-][a-z0-9_+.-]*@[a-z0-9][a-z0-9.-]*\."
    # Names that hold no mailbox by definition (RFC 6761), which the library refuses.
    r"(?!(?:arpa|invalid|local|localhost|onion)\Z)[a-z]{2,63}",
)
# Twice what an address may have (RFC 5321: 254), so that blanks around one do no harm, and a text of a
# megabyte costs no seconds.
_LONGEST_TEXT = 508
# A dot in the domain, followed by two letters or more (bulk importer reference, address rules).
_DOMAIN_ENDING = re.compile(r"\.[^\W\d_]{2,}")


def normalise_email(text: str) -> str | None:
    """Trim, lower-case and check an address, syntax only.

    Args:
        text: The address as a record holds it.

    Returns:
        The identity, or `None` where the text is no address that the bulk importer takes.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    candidate = text.strip().lower()
    return candidate if _is_common(candidate) else _check_with_library(candidate)


def _is_common(candidate: str) -> bool:
    return (
        len(candidate) <= _LONGEST_COMMON
        and _COMMON.fullmatch(candidate) is not None
        # Cheaper than in the pattern.
        and ".." not in candidate
        and ".@" not in candidate
        and ".-" not in candidate
        and "-." not in candidate
        and "--" not in candidate
    )


def _check_with_library(candidate: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 30 ms, rarely needed

    try:
        # `test_environment` lets the domain `.test` pass: it is a name for trying things out, like ours.
        address = validate_email(
            candidate,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except (EmailNotValidError, ValueError):
        return None
    # Quoted local parts and address literals, whose characters the importer refuses, are off by default
    # in the library; a domain without a dot is left to us. A domain in Punycode stays as it was written.
    normalised = candidate if candidate.isascii() else address.normalized.lower()
    return normalised if _DOMAIN_ENDING.search(normalised.rpartition("@")[2]) else None
