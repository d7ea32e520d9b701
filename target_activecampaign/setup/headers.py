"""Owns what the headers of columns mean: how they are compared, and their words in six languages. Pure.

ActiveCampaign's own attributes have words of their own. Custom fields are found by title or tag; a group of
words with one meaning (`town`, `city`, `Ort`) only helps where neither fits, and says "check it".
"""

from __future__ import annotations

import difflib
import functools
import typing as t
import unicodedata

if t.TYPE_CHECKING:
    from collections.abc import Iterable

CLOSE = 0.85
"""From this likeness on (`difflib`'s ratio) two headers are close."""

_ATTRIBUTE_WORDS = {
    "email": """
        email emailaddress mail mailaddress emailadresse mailadresse emailadres mailadres
        elektronischepost adresseemail adressemail courriel adressecourriel mel adresseelectronique
        courrierelectronique correo correoelectronico direccioncorreo direcciondecorreo
        direcciondecorreoelectronico postaelettronica indirizzoemail indirizzomail
        indirizzodipostaelettronica email1value email1 primaryemail contactemail customeremail
        useremail workemail""",
    "first_name": """
        firstname givenname forename fname first given vorname rufname prenom nombre nombredepila
        primernombre nome nomedibattesimo voornaam roepnaam customerfirstname contactfirstname
        billingfirstname""",
    "last_name": """
        lastname surname familyname lname last family nachname familienname zuname nomdefamille nom
        apellido apellidos cognome achternaam familienaam customerlastname contactlastname
        billinglastname""",
    "phone": """
        phone phonenumber telephone telephonenumber tel mobile mobilephone mobilenumber cell
        cellphone cellphonenumber telefon telefonnummer telefonnr telnr handy handynummer handynr
        mobil telefonmobil telefonnummermobil mobiltelefon mobilnummer mobilfunk mobilfunknummer
        rufnummer telephoneportable portable numerodetelephone mobilenr telefono telefonomovil movil
        numerodetelefono celular cellulare numeroditelefono telefoonnummer telefoon mobiel
        mobielnummer gsm phone1value phone1 contactphone""",
    "account_name": """
        company companyname organization organisation organizationname organisationname
        organization1name employer accountname account business firma firmenname unternehmen
        firmierung betrieb arbeitgeber entreprise societe raisonsociale empresa compania
        nombredelaempresa razonsocial azienda societa ragionesociale nomeazienda bedrijf
        bedrijfsnaam organisatie""",
}
_WHOLE_NAMES = """
    name fullname displayname completename vollername vollstandigername vollstaendigername
    vorundnachname kundenname nomcomplet nometprenom prenometnom nombrecompleto nombreyapellidos
    nomecompleto nomeecognome naam volledigenaam customername contactname"""
_CONSENTS = """
    newsletter optin emailoptin marketingoptin newsletteroptin optedin consent marketingconsent
    emailconsent subscribed subscribe subscription acceptsmarketing acceptsemailmarketing
    emailpermission permission einwilligung werbeeinwilligung zustimmung newsletteranmeldung
    abonniert abonnement abonne consentement consentimiento suscrito suscripcion boletin consenso
    iscritto iscrizionenewsletter toestemming aangemeld ingeschreven nieuwsbrief optout emailoptout
    unsubscribed abgemeldet desabonne"""
_TAG_WORDS = "tags tag labels label schlagworte schlagwort etiketten etiquettes etiquetas etichette"
_MEANINGS = (
    """city town ort stadt wohnort ville localite commune ciudad localidad poblacion citta comune
    localita plaats woonplaats stad billingcity shippingcity""",
    """country land staat pays pais paese nazione countrycode landercode laendercode landcode""",
    """street address addressline streetaddress address1 strasse anschrift adresse rue voie calle
    direccion via indirizzo straat straatnaam adres""",
    """postalcode postcode zip zipcode plz postleitzahl codepostal codigopostal cp cap codicepostale""",
    """region state province bundesland kanton departement provincia regione estado provincie""",
    """language lang sprache langue idioma lingua taal locale preferredlanguage""",
    """birthday birthdate dateofbirth dob geburtstag geburtsdatum anniversaire datedenaissance
    naissance fechadenacimiento nacimiento cumpleanos datadinascita compleanno geboortedatum
    verjaardag""",
    """customersince customerfrom kundeseit clientdepuis clientedesde clientedal klantsinds signupdate""",
    """salutation anrede title civilite tratamiento saludo titolo aanhef""",
    """gender sex geschlecht sexe genre sexo genero sesso genere geslacht""",
    """notes note notizen bemerkung bemerkungen kommentar remarques commentaire notas comentarios
    commenti opmerkingen comments comment remarks""",
    """website url web homepage webseite siteweb sitioweb sitoweb site""",
    """jobtitle job position beruf stellung funktion poste fonction cargo puesto ruolo functie""",
    """customernumber customerid kundennummer kundennr kdnr numeroclient numerodecliente numerocliente
    codicecliente klantnummer""",
)


def folded_header(header: str) -> str:
    """Return a header as it is compared: without letter case, accents, signs and blanks; `ß` is `ss`."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(one for one in plain if one.isalnum() and not unicodedata.combining(one))


def attribute_of(header: str) -> str | None:
    """Return the attribute of a contact that a header names in one of the languages."""
    return _attribute_words().get(folded_header(header))


def is_whole_name(header: str) -> bool:
    """Tell whether a header names first and last name in one."""
    return folded_header(header) in _words(_WHOLE_NAMES)


def is_consent(header: str) -> bool:
    """Tell whether a header sounds as if its column said who wants mail."""
    return folded_header(header) in _words(_CONSENTS)


def is_tags(header: str) -> bool:
    """Tell whether a header says that its column holds tags."""
    return folded_header(header) in _words(_TAG_WORDS)


def share_meaning(header: str, other: str) -> bool:
    """Tell whether two different words mean one thing."""
    one, two = folded_header(header), folded_header(other)
    return any(one in group and two in group for group in _meanings())


def is_equal(header: str, other: str) -> bool:
    """Tell whether two headers are the same but for letter case, accents and signs."""
    return bool(folded_header(header)) and folded_header(header) == folded_header(other)


def closest(header: str, others: Iterable[str]) -> str | None:
    """Return the one of some names that a header is close to, the closest of several."""
    by_folded = {folded_header(other): other for other in others}
    near = difflib.get_close_matches(folded_header(header), by_folded, n=1, cutoff=CLOSE)
    return by_folded[near[0]] if near else None


@functools.cache
def _attribute_words() -> dict[str, str]:
    return {word: name for name, words in _ATTRIBUTE_WORDS.items() for word in words.split()}


@functools.cache
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@functools.cache
def _meanings() -> tuple[frozenset[str], ...]:
    return tuple(_words(group) for group in _MEANINGS)
