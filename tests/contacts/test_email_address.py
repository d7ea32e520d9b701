"""What an identity is: which addresses are taken, and how each is written."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts import email_address
from target_activecampaign.contacts.email_address import (
    find_email_problem,
    normalise_email,
    with_unicode_domain,
)


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace@Example.COM\t\n", "ada.lovelace@example.com"),
        ("ada+news@mail.example.co.uk", "ada+news@mail.example.co.uk"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("a@b.example", "a@b.example"),
        ("1_2-3@4.example", "1_2-3@4.example"),
        ("Jürgen@example.com", "jürgen@example.com"),
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
        "Ada <ada@example.com> or <bob@example.com>",
        "Ada <ada@example.com",
        "mailto:",
        "http://ada@example.com",
        "<a href='mailto:ada@example.com'>Ada</a>",
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


@pytest.mark.parametrize(
    "text",
    [
        "ada@bücher.example",
        "ADA@BÜCHER.EXAMPLE",
        "ada@bu\u0308cher.example",
        "ada@xn--bcher-kva.example",
        "Ada@XN--BCHER-KVA.example",
        "ada@bücher\u3002example",
        "Ada <ada@bücher.example>",
    ],
)
def test_a_domain_in_unicode_and_its_punycode_are_one_identity(text: str) -> None:
    assert normalise_email(text) == "ada@xn--bcher-kva.example"
    assert with_unicode_domain("ada@xn--bcher-kva.example") == "ada@bücher.example"


@pytest.mark.parametrize("email", ["ada@example.com", "ada@xn--zz.example", "xn--a@example.com"])
def test_an_identity_without_another_form_stays(email: str) -> None:
    assert with_unicode_domain(email) == email


_UNSEEN = (
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\u2066\u2069"
    "\u00ad\u00a0\u2007\u3000\ufe0f\u3164\u2800\u180e"
)


@pytest.mark.parametrize("character", _UNSEEN)
def test_what_nobody_sees_is_taken_off_around_an_address_and_named_within(character: str) -> None:
    assert normalise_email(f"{character} ada@example.com{character}") == "ada@example.com"
    assert normalise_email(f"Ada <{character}ada@example.com{character}>") == "ada@example.com"
    for text in (f"a{character}da@example.com", f"ada@exam{character}ple.com"):
        assert normalise_email(text) is None
        assert find_email_problem(text) == f"it holds U+{ord(character):04X}"


@pytest.mark.parametrize("character", "\u0130\ufffd\x00\x7f\ud800\ue000")
def test_a_letter_that_would_become_another_is_refused_and_named(character: str) -> None:
    for text in (
        f"{character}rem@example.com",
        f"ada@{character}zmir.example",
        f"ada@example.com{character}",
    ):
        assert normalise_email(text) is None
        assert find_email_problem(text) == f"it holds U+{ord(character):04X}"


@pytest.mark.parametrize(
    "text",
    [
        "Ada <ada@example.com>",
        "<ada@example.com>",
        '"Lovelace, Ada" <Ada@example.com>',
        "ada@example.com <ada@example.com>",
        "'Ada@example.com' <ada@example.com>",
        "mailto:ada@example.com",
        "MAILTO:Ada@Example.com?subject=to%20x@example.com",
        "mailto:ada%40example.com",
        "Ada <mailto:ada@example.com>",
    ],
)
def test_an_address_is_read_with_a_name_and_as_a_link(text: str) -> None:
    assert normalise_email(text) == "ada@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com",
        "ada@example.com bob@example.com",
        "bob@example.com <ada@example.com>",
        "Ada <ada@example.com>, Bob <bob@example.com>",
        "mailto:ada@example.com,bob@example.com",
        "mailto:ada@example.com?cc=bob@example.com",
    ],
)
def test_several_addresses_are_none(text: str) -> None:
    assert normalise_email(text) is None
    assert find_email_problem(text) == "it holds several addresses"


@pytest.mark.parametrize(
    "text", ["ada", "ada b@example.com", "ada@example", "ada@example.com" + " " * 500 + "x"]
)
def test_what_can_not_be_told_without_the_content_is_not_told(text: str) -> None:
    assert find_email_problem(text) == ""


@pytest.mark.parametrize("character", '"(),:;<>@[\\]')
def test_characters_that_the_importer_excludes_are_refused(character: str) -> None:
    assert normalise_email(f"a{character}b@example.com") is None
    assert normalise_email(f'"a{character}b"@example.com') is None


_LOCAL_PARTS = st.text("ab19_+-.'", min_size=1, max_size=66)
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
@example(f"{'a' * 64}@{'b' * 63}.{'b' * 63}.{'b' * 52}.example")
@example(f"{'a' * 63}@{'b' * 63}.{'b' * 63}.{'b' * 54}.example")
@example(f"long.{'a' * 63}.{'a' * 63}@{'b' * 64}.example")
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


_WRITTEN_DOMAINS = st.one_of(
    st.lists(
        st.text("abüBÜß\u0308\u00ad\u200b-.1一ﬁ<> ", min_size=1, max_size=40), min_size=1, max_size=3
    ).map(lambda labels: ".".join([*labels, "example"])),
    st.lists(
        st.sampled_from(["bücher", "xn--bcher-kva", "xn--zz", "ü" * 50, "𐐨" * 12, "a" * 63]), max_size=5
    ).map(lambda labels: ".".join([*labels, "example"])),
)


@settings(max_examples=200, deadline=None)
@given(local=st.one_of(_LOCAL_PARTS, st.text("aA.Kü", max_size=70)), domain=_WRITTEN_DOMAINS)
def test_a_domain_that_was_met_before_leads_to_the_same_identity(local: str, domain: str) -> None:
    text = f" {local}@{domain}"
    try:
        alone: str | None = email_address._read(text)
    except email_address._NoAddressError:
        alone = None
    assert normalise_email(text) == normalise_email(text) == alone


def test_the_library_is_asked_once_for_a_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def validate(candidate: str) -> email_validator.ValidatedEmail:
        asked.append(candidate)
        return email_validator.validate_email(candidate, check_deliverability=False)

    email_address._read_domain.cache_clear()
    monkeypatch.setattr(email_address, "_validate", validate)
    identities = {normalise_email(f"ada{number}@bücher-und-mehr.de") for number in range(100)}
    assert len(identities) == 100
    assert len(asked) == 1
    assert "ada" not in asked[0]


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
