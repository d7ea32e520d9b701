"""How phone numbers are written: in E.164 where all of a text is surely one, else as they came."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts import phone_plans
from target_activecampaign.contacts.phone import _is_surely_e164, _read_by_plan, normalise_phone
from target_activecampaign.contacts.phone_plans import read_local
from target_activecampaign.contacts.phone_text import _COMMON, _find_number, find_number


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("0049 30 123456", "BR", "+4930123456"),
        ("0049 30 123456", "SG", "+4930123456"),
        ("0044 20 7946 0958", "TH", "+442079460958"),
        ("0061 412 345 678", "AU", "+61412345678"),
        ("0011 49 151 12345678", "AU", "+4915112345678"),
        ("0049 30 123456", "US", "+4930123456"),
    ],
)
def test_two_zeros_are_a_plus(text: str, region: str, number: str) -> None:
    assert normalise_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("'+49 30 123456", None, "+4930123456"),
        ("'+4930123456", "DE", "+4930123456"),
        ("'030 123456", "DE", "+4930123456"),
        ("'004930123456", "DE", "+4930123456"),
        # What is behind the apostrophe can't be read, or is no mark of a spreadsheet.
        ("'030 123456", None, "'030 123456"),
        ("'+49 30 123456 / 030 654321", "DE", "'+49 30 123456 / 030 654321"),
        ("'+0", None, "'+0"),
        ("''+4930123456", "DE", "''+4930123456"),
        ("'(030) 123456", "DE", "'(030) 123456"),
        ("'", "DE", "'"),
        ("+4930123456'", "DE", "+4930123456'"),
    ],
)
def test_the_apostrophe_of_a_spreadsheet_is_no_part_of_a_number(
    text: str, region: str | None, number: str
) -> None:
    assert normalise_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [("900101-1234", "SE"), ("19900101-1234", "SE"), ("2024-0012345", "DE"), ("1999-123456", "DE")],
)
def test_a_number_of_something_else_by_a_day_or_a_year_stays(text: str, region: str) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("0055 51 99999-1234", "BR"),
        ("0015 51 99999 1234", "BR"),
        ("0057 301 234 5678", "CO"),
        ("0049 151 12345678", "TH"),
        ("0033 6 12 34 56 78", "TH"),
        ("001 201 555 0123", "TH"),
        ("0034 963 094 995", "SG"),
        ("0091 80 4660 1103", "ID"),
        # Older metadata knows other numbers of Korea.
        pytest.param("00264 81 123 4567", "KR", marks=pytest.mark.any_versions),
        ("001 649 712 1234", "AU"),
        ("00371 2123 4567", "JP"),
    ],
)
def test_two_zeros_that_a_carrier_may_follow_leave_a_number_as_it_came(text: str, region: str) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 30 1234567", None, "+49301234567"),
        ("+1 (202) 555-0123", None, "+12025550123"),
        ("030 / 123 45 67", "DE", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("011 49 30 1234567", "US", "+49301234567"),
        ("+44 20 7946 0123", "DE", "+442079460123"),
        ("06 698 12345", "IT", "+390669812345"),
        ("+49 (0)30 123456", None, "+4930123456"),
        ("+49 (0) 30 / 123456", None, "+4930123456"),
        ("(+49) 30 1234567", None, "+49301234567"),
        ("0221/123456", "DE", "+49221123456"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("01.23.45.67.89", "FR", "+33123456789"),
        ("01-23-45-67-89", "FR", "+33123456789"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("0475/12.34.56", "BE", "+32475123456"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("0171 0123456", "DE", "+491710123456"),
        ("+49\xa030\u20111234567", None, "+49301234567"),
        ("\u202a+49 30 1234567\u202c", None, "+49301234567"),
        (" 030 1234567\n", "DE", "+49301234567"),
        ("1755551234.0", "DE", "+491755551234"),
        ("301234567.0", "DE", "+49301234567"),
    ],
)
def test_a_number_that_is_surely_one_becomes_e164(text: str, region: str | None, number: str) -> None:
    assert normalise_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("4915112345678", "DE", "+4915112345678"),
        ("49 151 12345678", "DE", "+4915112345678"),
        ("493012345678", "DE", "+493012345678"),
        ("436641234567", "AT", "+436641234567"),
        ("442079460123", "GB", "+442079460123"),
        ("12025550123", "US", "+12025550123"),
        ("79161234567", "RU", "+79161234567"),
        ("393912345678", "IT", "+393912345678"),
        # Digits of the region's own that happen to begin like its code.
        ("3912345678", "IT", "+393912345678"),
        ("331234567", "FR", "+33331234567"),
        # In doubt.
        ("49175123456", "DE", "49175123456"),
        ("495212345678901", "DE", "495212345678901"),
    ],
)
def test_digits_that_begin_with_the_code_of_the_country_get_their_plus(
    text: str, region: str, number: str
) -> None:
    assert normalise_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("030 1234567", None),
        ("1755551234.0", None),
        ("n/a", "DE"),
        ("", "DE"),
        ("12", "DE"),
        ("+49", None),
        ("+999 123456", None),
        ("+1 202 555 0123 456 789", None),
        ("555-0123", "US"),
        ("030 1234567", "XX"),
        ("9" * 10_000, "DE"),
        ("\ud800", "DE"),
    ],
)
def test_what_can_not_be_read_is_sent_as_it_came(text: str, region: str | None) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("030-123456 (privat)", "DE"),
        ("+49 30 123456 (Axel)", None),
        ("(202) 555-0123 home", "US"),
        ("tel:+49301234567", None),
        ("1-800-FLOWERS", "US"),
        ("+1 202 555 0123 ext. 45", None),
        ("+1 202 555 0123 x45", None),
        ("+49 30 1234567#12", None),
        ("1.75555E+09", "DE"),
    ],
)
def test_a_number_with_letters_is_sent_as_it_came(text: str, region: str | None) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+49 30 1234567/68", None),
        ("+49 30 1234567 / 1234568", None),
        ("+49301234/5678", None),
        ("030/123456/78", "DE"),
        ("030 1234567-68", "DE"),
        ("030 1234567 - 68", "DE"),
        ("030 123456-0", "DE"),
        ("089/1234-567", "DE"),
        ("089 / 12 34 56 - 0", "DE"),
        ("+49 30 12 34 56-78", None),
        ("030 1234567 68", "DE"),
        ("030 1234567 (68)", "DE"),
        ("030 123 (456) 78", "DE"),
        ("030...1234567", "DE"),
        ("+49 30 1234567, 0171 1234567", None),
        ("+49301234567 +49301234568", None),
        ("030 1234567   0171 1234567", "DE"),
        ("030123-030456", "DE"),
        ("030 12345\n67", "DE"),
    ],
)
def test_a_range_an_extension_or_a_second_number_is_sent_as_it_came(text: str, region: str | None) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize("region", ["DE", "AT", "FI", "DK", "US", "FR", "IT", "NO"])
@pytest.mark.parametrize(
    "text",
    [
        "01.02.1990",
        "1.2.1990",
        "01/02/1990",
        "31-12-1990",
        "01 02 1990",
        "01.02.90",
        "1990-02-01",
        "1990/02/01",
        "1990-02-01 10",
        "192.168.1.10",
        "255.255.255.0",
        "12345678.99",
        "1.234.567",
        "2024/123456",
        "123456/2024",
        "4006381333931",
        "550e8400",
    ],
)
def test_a_date_an_amount_or_another_id_is_sent_as_it_came(text: str, region: str) -> None:
    assert normalise_phone(text, region) == text


@pytest.mark.parametrize("text", ["1234567", "7654321", "87654321", "110", "19900102", "4012345"])
def test_a_number_that_may_lack_its_area_is_sent_as_it_came(text: str) -> None:
    assert normalise_phone(text, "DE") == text


_TEXTS = st.one_of(
    st.text(),
    st.text("+0123456789 ()-/.x", max_size=30),
    st.from_regex(r"\A(?:\+|00|0)?[1-9][0-9]{1,4}[ ()./-]{0,2}[0-9]{2,8}(?:[ ()./-]{1,2}[0-9]{1,8})?\Z"),
)


@given(_TEXTS, st.sampled_from([None, "DE", "US", "IT", "AR", "RU", "BR", "SM", "XX"]))
@example("011 15-2345-6789", "AR")
@example("886377", "SM")
@example("0 15 11 91234-5678", "BR")
def test_what_is_rewritten_ends_with_the_digits_that_were_there(text: str, region: str | None) -> None:
    number = normalise_phone(text, region)
    assert number == text or re.fullmatch(r"\+\d{7,15}", number)
    assert normalise_phone(number, region) == number
    if number != text:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number))
        digits = re.sub(r"[^0-9]", "", re.sub(r"\.0{1,2}\s*\Z", "", text) if text.count(".") == 1 else text)
        assert digits.endswith(national) or re.sub(r"[^0-9]", "", text).endswith(national)


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.text("0123456789 ().-", min_size=4, max_size=22),
    st.sampled_from([None, "DE", "US", "CA", "IT", "ar", "XX"]),
)
def test_the_quick_way_writes_a_number_as_the_library_does(code: int, rest: str, region: str | None) -> None:
    number = f"+{code}{rest}"
    assert normalise_phone(number, region) == (_read_by_plan(number, region) or number)


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_the_quick_way_knows_every_country(code: int) -> None:
    dice = random.Random(code)  # noqa: S311 - digits
    taken = 0
    for length in [*range(2, 18)] * 10:
        number = f"+{code}{''.join(dice.choices('0123456789', k=length))}"
        taken += _is_surely_e164(number)
        assert normalise_phone(number, None) == (_read_by_plan(number, None) or number)
    assert taken or code == 54, "any number of Argentina may have something to cut off"


@pytest.mark.parametrize("region", ["DE", "FR", "NL", "SE", "BD", "AU", "JP", "TH", "BR", "KR", "AR", "ID"])
def test_the_quick_way_refuses_only_what_the_library_finds_in_no_plan(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(region)  # noqa: S311 - digits
    beginnings = [f"0{digit}{other}" for digit in range(10) for other in range(0, 10, 3)]
    numbers = [
        f"{beginning}{''.join(dice.choices('0123456789', k=dice.randrange(3, 10)))}"
        for beginning in (*beginnings, *beginnings)
    ]
    refused = [number for number in numbers if phone_plans._no_numbers_within(region).fullmatch(number)]
    monkeypatch.setattr(phone_plans, "_no_numbers_within", lambda _: phone_plans._NOTHING)
    assert [number for number in refused if read_local(number, region)] == []
    assert refused or region not in {"DE", "FR", "NL", "SE"}


@settings(max_examples=40)
@given(st.from_regex(_COMMON, fullmatch=True))
@example("(030) 1234567")
@example("030/1234567")
def test_a_number_as_most_are_written_is_found_as_any_other(text: str) -> None:
    found = find_number(text)
    assert found is not None
    assert found == _find_number(text)


@pytest.mark.parametrize("region", ["DE", "AT", "FR", "GB", "IT", "US", "CH", "SE", "RU", "JP", "IN", "HU"])
def test_the_quick_way_within_a_region_is_the_way_of_the_library(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(region)  # noqa: S311 - digits
    example = phonenumbers.example_number(region)
    assert example
    national = phonenumbers.national_significant_number(example)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    trunk = (metadata and metadata.national_prefix) or ""
    numbers = [
        trunk * dice.randrange(2)
        + national[:cut]
        + "".join(dice.choices("0123456789", k=len(national) - cut + more))
        for cut in range(len(national))
        for more in (-1, 0, 0, 0, 1)
    ]
    quick = [read_local(number, region) for number in numbers]
    for way in ("_plan_within", "_no_numbers_within"):
        monkeypatch.setattr(phone_plans, way, lambda _: phone_plans._NOTHING)
    assert quick == [read_local(number, region) for number in numbers]
    assert any(quick)
