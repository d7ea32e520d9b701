"""Headers are read in six languages; letter case, accents and signs aside."""

from __future__ import annotations

import pytest

from target_activecampaign.setup.headers import (
    attribute_of,
    closest,
    folded_header,
    is_consent,
    is_equal,
    is_whole_name,
    share_meaning,
)


@pytest.mark.parametrize(
    ("header", "attribute"),
    [
        ("E-Mail-Adresse", "email"),
        ("Adresse e-mail", "email"),
        ("Correo electrónico", "email"),
        ("Indirizzo e-mail", "email"),
        ("e-mailadres", "email"),
        ("EMAIL_ADDRESS", "email"),
        ("Vorname", "first_name"),
        ("Prénom", "first_name"),
        ("Nombre", "first_name"),
        ("Nome", "first_name"),
        ("Voornaam", "first_name"),
        ("Given Name", "first_name"),
        ("Nachname", "last_name"),
        ("Nom de famille", "last_name"),
        ("Apellidos", "last_name"),
        ("Cognome", "last_name"),
        ("Achternaam", "last_name"),
        ("Surname", "last_name"),
        ("Handy-Nr.", "phone"),
        ("Téléphone", "phone"),
        ("Teléfono móvil", "phone"),
        ("Cellulare", "phone"),
        ("Telefoonnummer", "phone"),
        ("Phone 1 - Value", "phone"),
        ("Firma", "account_name"),
        ("Société", "account_name"),
        ("Empresa", "account_name"),
        ("Azienda", "account_name"),
        ("Bedrijfsnaam", "account_name"),
        ("Organization Name", "account_name"),
    ],
)
def test_an_attribute_is_known_by_its_words(header: str, attribute: str) -> None:
    assert attribute_of(header) == attribute


@pytest.mark.parametrize("header", ["", "note", "Stadt", "name", "customer", "emails sent"])
def test_other_headers_name_no_attribute(header: str) -> None:
    assert attribute_of(header) is None


def test_a_header_is_folded_to_letters_and_figures() -> None:
    assert folded_header("  Straße / Hausnummer-Ä1 ") == "strassehausnummera1"
    assert folded_header("Cafe\u0301") == folded_header("Caf\u00e9") == "cafe"


def test_signs_alone_equal_nothing() -> None:
    assert not is_equal("--", "__")
    assert is_equal("customer_since", "Customer since")


@pytest.mark.parametrize("header", ["town", "Ort", "Ville", "Ciudad", "Città", "Woonplaats"])
def test_words_of_one_meaning_meet(header: str) -> None:
    assert share_meaning(header, "City")
    assert not share_meaning(header, "Country")


def test_a_close_name_is_one_of_85_percent() -> None:
    assert closest("shoe_sise", ["Shoe size", "Shoe colour"]) == "Shoe size"
    assert closest("shoe", ["Shoe size", "Shoe colour"]) is None


@pytest.mark.parametrize("header", ["newsletter", "opt_in", "subscribed", "Einwilligung", "Opt-Out"])
def test_a_header_may_sound_like_consent(header: str) -> None:
    assert is_consent(header)


@pytest.mark.parametrize("header", ["consent_date", "newsletter topics", "customer"])
def test_a_header_near_consent_is_none(header: str) -> None:
    assert not is_consent(header)


def test_one_name_for_all_of_a_person_is_known() -> None:
    assert is_whole_name("Full name")
    assert is_whole_name("Name")
    assert not is_whole_name("First name")
