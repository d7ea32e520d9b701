"""What an identity is: which addresses are taken, and how each is written."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts import email_address
from target_activecampaign.contacts.email_address import normalise_email


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace@Example.COM\t\n", "ada.lovelace@example.com"),
        ("ada+news@mail.example.co.uk", "ada+news@mail.example.co.uk"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("a@b.example", "a@b.example"),
        ("1_2-3@4.example", "1_2-3@4.example"),
        ("Jürgen@BÜCHER.example", "jürgen@bücher.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        (f"{'a' * 65}@example.com", f"{'a' * 65}@example.com"),
    ],
)
def test_an_address_is_trimmed_and_lower_cased(text: str, identity: str) -> None:
    assert normalise_email(text) == identity


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@example",
        "ada@localhost",
        "ada@shop.invalid",
        "ada@printer.local",
        "ada@example.c",
        "ada@example.c1",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        "ada@example..com",
        "ada@.example.com",
        "ada@-shop.example",
        "ada@shop-.example",
        "ada@sh_op.example",
        ".ada@example.com",
        "ada.@example.com",
        "ada..b@example.com",
        "ada b@example.com",
        "ada@exam ple.com",
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com",
        "Ada <ada@example.com>",
        "mailto:ada@example.com",
        '"ada b"@example.com',
        "ada\x00@example.com",
        "ada@example.com\x7f",
        "\ud800@example.com",
        "ada@\ud800.example",
        "n/a",
        "-",
        f"ada@{'a' * 64}.example",
        f"ada@{'a.' * 200}example",
        "a" * 100_000,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert normalise_email(text) is None


@pytest.mark.parametrize("character", '"(),:;<>@[\\]')
def test_characters_that_the_importer_excludes_are_refused(character: str) -> None:
    assert normalise_email(f"a{character}b@example.com") is None
    assert normalise_email(f'"a{character}b"@example.com') is None


_LOCAL_PARTS = st.text("ab19_+-.", min_size=1, max_size=66)
_LABELS = st.text("ab19-", min_size=1, max_size=64)
_DOMAINS = st.lists(_LABELS, min_size=1, max_size=4).map(".".join)
_SPECIAL = st.sampled_from(email_validator.SPECIAL_USE_DOMAIN_NAMES)
_ENDINGS = st.one_of(st.text("ab-", min_size=2, max_size=64), _SPECIAL, _SPECIAL.map("a{}".format))
_LIKELY_ADDRESSES = st.builds("{}@{}.{}".format, _LOCAL_PARTS, _DOMAINS, _ENDINGS)


def is_taken_unchanged_by_the_library(address: str) -> bool:
    try:
        taken = email_validator.validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except email_validator.EmailNotValidError:
        return False
    return bool(taken.normalized == address)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_LIKELY_ADDRESSES, st.emails().map(str.lower)))
@example("a@b.example")
@example(f"{'a' * 64}@{'b' * 62}.example")
@example(f"{'a' * 64}@{'b' * 61}.{'b' * 61}.{'b' * 57}.example")
@example("a@b.test.example")
@example("a@b.test")
@example("a@b--c.example")
@example("a@bc--d.example")
@example("a@b-.example")
@example("a@b.-c.example")
def test_whatever_the_fast_path_takes_the_library_takes_and_leaves_alone(address: str) -> None:
    if email_address._is_common(address):
        assert is_taken_unchanged_by_the_library(address)
        assert normalise_email(address) == address
    else:
        assert normalise_email(address) in {None, normalise_email(address.upper())}


_DIRTY = st.lists(
    st.one_of(st.sampled_from([*"ab@.-_+' \tÄßÅİ!#", "example", "@", ".com", "\ud800"]), st.characters()),
    max_size=30,
).map("".join)


@given(st.one_of(_DIRTY, st.text(), st.emails(), st.emails().map(str.upper)))
def test_any_text_gives_an_identity_that_stays_itself_or_nothing(text: str) -> None:
    identity = normalise_email(text)
    if identity is not None:
        assert normalise_email(identity) == identity
        assert normalise_email(f" {identity.upper()} ") in {identity, normalise_email(identity.upper())}
        assert identity == identity.strip()
        local, _, domain = identity.rpartition("@")
        assert local
        assert not set(local) & set('"(),:;<>@[\\] ')
        assert "." in domain
        identity.encode()
