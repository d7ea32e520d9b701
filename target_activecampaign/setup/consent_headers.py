"""Owns which headers sound as if their column said who wants mail, and whether a yes in it means a no. Pure.

Exports of shops and mailers call these columns in many ways (`Accepts Email Marketing`, `EMAIL_BLACKLISTED`,
`Unsubscribed from all email`), so parts of words count, not whole headers.
"""

from __future__ import annotations

import re

from target_activecampaign.setup.headers import folded_header

_REFUSALS = """
    unsub optout optedout optingout abmeld abgemeld abbestell blacklist blocklist suppress donotemail
    donotmail donotcontact donotsend dontemail dontmail dontcontact nomail noemail werbesperre mailsperre
    werbeverbot widerspr widerruf desabonn desinscri desuscri disiscri afgemeld uitgeschreven revoked
    withdrawn"""
_WISHES = """
    optin optedin newsletter subscri consent einwillig zustimm marketing werbung werbeerlaub abonn
    permission erlaubnis dsgvo gdpr rgpd suscri inscri boletin iscri toestemming aangemeld ingeschreven
    nieuwsbrief mailinglist consenso"""
_NEGATIONS = "no not non kein keine keinen nicht pas geen niet never without ohne sans sin senza"
_OTHER_CHANNELS = "sms mms phone call calls telefon telephone tel anruf whatsapp fax post brief push postal"
_MAIL = "email mail e newsletter"


def sounds_like_consent(header: str) -> bool:
    """Tell whether a header sounds as if its column said who wants mail, or who does not."""
    words = _words(header)
    if not words.isdisjoint(_OTHER_CHANNELS.split()) and words.isdisjoint(_MAIL.split()):
        return False
    return _holds(header, _REFUSALS) or _holds(header, _WISHES)


def is_refusal(header: str) -> bool:
    """Tell whether a yes in the column of a header means that mail is not wanted."""
    if not sounds_like_consent(header):
        return False
    if _holds(header, _REFUSALS):
        # `opt-in/opt-out`: its words have to say which.
        return not _holds(header, "optin optedin")
    return not _words(header).isdisjoint(_NEGATIONS.split())


def _holds(header: str, parts: str) -> bool:
    folded = folded_header(header)
    return any(part in folded for part in parts.split())


def _words(header: str) -> set[str]:
    # `optIn` and `OPT_IN` alike.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return {folded_header(word) for word in re.split(r"[\W_]+", spaced) if word}
