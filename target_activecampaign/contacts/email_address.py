"""Owns how an address becomes the identity of a contact: lower-cased, its domain in ASCII, checked. Pure."""

from __future__ import annotations

import functools
import re
import typing as t
import urllib.parse

from target_activecampaign.contacts.text import is_unseen, strip_unseen

if t.TYPE_CHECKING:
    from email_validator import ValidatedEmail

# The common case, decided without the library, which takes 19 us an address and is asked up to a million
# times a run. An address that passes here passes the library, too (held by a property test): in a short one
# no part can be too long, and in a longer one no part between dots is.
_LONGEST_SHORT, _LONGEST_COMMON = 64, 254
_LONG_PART = re.compile(r"[^.@]{64}")
_COMMON_LOCAL = r"[a-z0-9_+-][a-z0-9_+.'-]*"
_COMMON = re.compile(
    _COMMON_LOCAL + r"@[a-z0-9][a-z0-9.-]*\."
    # Names that hold no mailbox by definition (RFC 6761), which the library refuses.
    r"(?!(?:arpa|invalid|local|localhost|onion)\Z)[a-z]{2,63}",
)
# Another domain takes the library 350 us. With a common part before the @ that is short enough, the verdict
# on the domain is that on the address, and many people share a domain.
_SHORT_LOCAL = re.compile(_COMMON_LOCAL)
_LONGEST_LOCAL = 64
_REMEMBERED_DOMAINS = 4_096
# Twice what an address may have (RFC 5321: 254), so that blanks around one and a name before it do no harm,
# and a text of a megabyte costs no seconds.
_LONGEST_TEXT = 508
# A dot in the domain, followed by two letters or more (bulk importer reference, address rules).
_DOMAIN_ENDING = re.compile(r"\.[^\W\d_]{2,}")
# `Ada <ada@example.com>`, as mail programs copy it.
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_LINK = re.compile(r"mailto:([^?]*)(?:\?(.*))?", re.IGNORECASE | re.DOTALL)
_RECIPIENTS = frozenset({"to", "cc", "bcc"})
_ADDRESSES = re.compile(r"[^\s@<>()\[\],:;\"]+@[^\s@<>()\[\],:;\"]+")
_REPLACEMENT = "\ufffd"  # what decoders put where they could not read


class _NoAddressError(ValueError):
    """Says why a text is no address that the importer takes; empty where there is no more to say."""


def normalise_email(text: str) -> str | None:
    """Read an address and check it, syntax only.

    Args:
        text: The address as a record holds it, with anything around it that nobody sees, perhaps with a name
            before it (`Ada <ada@example.com>`) or as a link (`mailto:`).

    Returns:
        The identity, or `None` where the text is no address that the bulk importer takes.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    candidate = text.strip().lower()
    if _is_common(candidate):
        return candidate
    if (identity := _read_by_domain(text)) is not None:
        return identity
    try:
        return _read(text)
    except _NoAddressError:
        return None


def find_email_problem(text: str) -> str:
    """Return why a text is no address, as far as that can be said without its content."""
    try:
        _read(text[:_LONGEST_TEXT])
    except _NoAddressError as problem:
        return str(problem)
    return ""


def with_unicode_domain(email: str) -> str:
    """Return an identity with its domain as people read it, which differs where that is not ASCII."""
    if "xn--" not in email:
        return email
    try:
        return f"{email.rpartition('@')[0]}@{_validate(email).domain}"
    except _NoAddressError:
        return email


def _is_common(candidate: str) -> bool:
    return (
        (
            len(candidate) <= _LONGEST_SHORT
            or (len(candidate) <= _LONGEST_COMMON and _LONG_PART.search(candidate) is None)
        )
        and _COMMON.fullmatch(candidate) is not None
        # Cheaper than in the pattern.
        and ".." not in candidate
        and ".@" not in candidate
        and ".-" not in candidate
        and "-." not in candidate
        and "--" not in candidate
    )


def _read_by_domain(text: str) -> str | None:
    """Return what `_read` returns, for a common part before the @; `None` where it may be something else."""
    written_local, _, written_domain = text.strip().rpartition("@")
    local = written_local.lower()
    is_common = (
        len(local) <= _LONGEST_LOCAL
        and _SHORT_LOCAL.fullmatch(local) is not None
        and ".." not in local
        and not local.endswith(".")
    )
    domain = _read_domain(written_domain) if is_common else None
    return None if domain is None else f"{local}@{domain}"


@functools.lru_cache(maxsize=_REMEMBERED_DOMAINS)
def _read_domain(written: str) -> str | None:
    """Return a domain as identities have it; `None` for one with which an address may be too long, too."""
    try:
        identity = _read(f"{'a' * _LONGEST_LOCAL}@{written}")
    except _NoAddressError:
        return None
    return identity.rpartition("@")[2]


def _read(text: str) -> str:
    """Return the identity.

    Raises:
        _NoAddressError: If the text is no address.
    """
    bare = strip_unseen(text)
    if named := _NAMED.fullmatch(bare):
        bare = _read_named(named[1], named[2])
    bare = _read_link(bare)
    _refuse_odd_characters(bare)
    if len(_ADDRESSES.findall(bare)) > 1:
        raise _NoAddressError("it holds several addresses")
    candidate = bare.lower()
    return candidate if _is_common(candidate) else _check_with_library(candidate)


def _read_named(name: str, address: str) -> str:
    """Return the address behind a name, which may be the same address once more."""
    others = _ADDRESSES.findall(name)
    if others and {strip_unseen(one.strip("'")).lower() for one in others} != {strip_unseen(address).lower()}:
        raise _NoAddressError("it holds several addresses")
    return strip_unseen(address)


def _read_link(text: str) -> str:
    """Return the address of a link (RFC 6068), or the text where it is none."""
    link = _LINK.fullmatch(text)
    if link is None:
        return text
    fields = urllib.parse.parse_qsl(link[2] or "", keep_blank_values=False)
    if any(name.lower() in _RECIPIENTS for name, _ in fields):
        raise _NoAddressError("it holds several addresses")
    return strip_unseen(urllib.parse.unquote(link[1]))


def _refuse_odd_characters(text: str) -> None:
    """Refuse what nobody sees within an address, and letters that have no lower-case letter of their own."""
    for character in "" if text.isascii() and text.isprintable() else text:
        is_odd = not character.isprintable() or is_unseen(character) or character == _REPLACEMENT
        if character != " " and (is_odd or len(character.lower()) > 1):
            raise _NoAddressError(f"it holds U+{ord(character):04X}")


def _check_with_library(candidate: str) -> str:
    address = _validate(candidate)
    # Quoted local parts and address literals, whose characters the importer refuses, are off by default
    # in the library; a domain without a dot is left to us. A domain in Unicode and its Punycode are one.
    local, _, domain = candidate.rpartition("@")
    if not candidate.isascii():
        local, domain = address.local_part.lower(), address.ascii_domain.lower()
    if not _DOMAIN_ENDING.search(domain):
        raise _NoAddressError
    return f"{local}@{domain}"


def _validate(candidate: str) -> ValidatedEmail:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 30 ms, rarely needed

    try:
        # `test_environment` lets the domain `.test` pass: it is a name for trying things out, like ours.
        return validate_email(
            candidate,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except (EmailNotValidError, ValueError):
        raise _NoAddressError from None
