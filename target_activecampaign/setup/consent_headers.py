"""Owns which headers sound as if their column said who wants mail, and whether a yes in it means a no. Pure.

Exports of shops and mailers call these columns in many ways (`Accepts Email Marketing`, `EMAIL_BLACKLISTED`,
`Unsubscribed from all email`), so parts of words count, not whole headers. A word that turns the meaning may
be one that no list has (`newsletter_paused`), so a yes counts as one only below a header that is known to its
last word.
"""

from __future__ import annotations

import re

from target_activecampaign.setup.headers import folded_header

_REFUSALS = """
    unsub optout optedout optingout abmeld abgemeld abbestell blacklist blocklist suppress donotemail
    donotmail donotcontact donotsend dontemail dontmail dontcontact nomail noemail werbesperre mailsperre
    werbeverbot widerspr widerruf desabonn desinscri desuscri disiscri afgemeld uitgeschreven revoked
    withdrawn"""
_NEGATED_REFUSALS = (
    "donotemail donotmail donotcontact donotsend dontemail dontmail dontcontact nomail noemail"
)
_OPT_IN = "optin optedin"
_WISHES = """
    optin optedin newsletter subscri consent einwillig zustimm marketing werbung werbeerlaub abonn
    permission erlaubnis dsgvo gdpr rgpd suscri inscri boletin iscri toestemming aangemeld ingeschreven
    nieuwsbrief mailinglist consenso"""
_NEGATIONS = "no not non kein keine keinen nicht pas geen niet never without ohne sans sin senza"
_TURNS = """
    refus declin denied deny block stop disabl exclu ausschl ausgeschl sperr gekundig gekuendig kundigung
    cancel remov object oppos oposi reject rechaz rifiut weiger lehn"""
"""Parts of words that turn a wish into a refusal."""
_KNOWN_WORDS = """
    email mail mails emails mailing mailings newsletter newsletters optin optedin optout optedout
    consent consents consented marketing subscribe subscribed subscription subscriptions subscriber permission
    accepts accepted accept agreed agrees allowed allows wants receives status state gdpr dsgvo rgpd double
    is has do to the from for all of on at time date via contact send list mailinglist customer user
    unsub unsubscribe unsubscribed unsubscribes abmeldung abgemeldet abmelden abbestellt blacklist blacklisted
    blocklist blocklisted blocked suppress suppressed suppression revoked withdrawn declined refused denied
    einwilligung einwilligungen werbeeinwilligung zustimmung werbung werbeerlaubnis erlaubt erlaubnis
    anmeldung angemeldet abonniert abonnement abonne desabonne am fur fuer per werbesperre mailsperre
    werbeverbot widerspruch werbewiderspruch widersprochen widerruf widerrufen gesperrt
    consentement inscrit inscription desinscrit au la le consentimiento suscrito suscripcion boletin al
    consenso iscritto iscrizione alla toestemming aangemeld afgemeld uitgeschreven ingeschreven nieuwsbrief"""
_LONGEST_KNOWN = 60
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
        return not _holds(header, _OPT_IN)
    return _count_turns(header) > 0


def is_understood(header: str) -> bool:
    """Tell whether it is sure what a yes below a header means: all is known, and turned once at the most."""
    if len(header) > _LONGEST_KNOWN or not _is_made_of_known_words(header):
        return False
    is_either = _holds(header, _REFUSALS) and _holds(header, f"{_OPT_IN} allow accept agree wants permission")
    return not is_either and _count_turns(header) <= 1


def _is_made_of_known_words(header: str) -> bool:
    folded = folded_header(header)
    words = {*_KNOWN_WORDS.split(), *_NEGATIONS.split()}
    reached = {0}
    for start in range(len(folded)):
        if start in reached:
            reached.update(start + len(word) for word in words if folded.startswith(word, start))
    return bool(folded) and len(folded) in reached


def _count_turns(header: str) -> int:
    """Count the parts of a header that turn its meaning; two of them may be none (`not unsubscribed`)."""
    folded = folded_header(header)
    count = 0 if _holds(header, _NEGATED_REFUSALS) else len(_words(header) & set(_NEGATIONS.split()))
    for part in sorted([*_REFUSALS.split(), *_TURNS.split()], key=len, reverse=True):
        count += folded.count(part)
        folded = folded.replace(part, " ")
    return count


def _holds(header: str, parts: str) -> bool:
    folded = folded_header(header)
    return any(part in folded for part in parts.split())


def _words(header: str) -> set[str]:
    # `optIn` and `OPT_IN` alike.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return {folded_header(word) for word in re.split(r"[\W_]+", spaced) if word}
