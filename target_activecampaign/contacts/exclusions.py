"""Owns which addresses ActiveCampaign never takes: the account's exclusion list. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.contacts.email_address import normalise_email, with_unicode_domain

if t.TYPE_CHECKING:
    from collections.abc import Iterable

# Match types that the exclusions reference shows. Another one is left to the importer to apply.
_EXACT = "exact"
_ENDING = "end"
_EVERY_LIST = frozenset({"all", "allEmail"})
_SOME_LISTS = frozenset({"several", "email"})


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One exclusion, as `GET /lists/exclusions` gives it.

    Attributes:
        phrase: What addresses are matched with, lower-cased.
        match_type: `exact`, `end`, or one that we do not know.
        channel: `all`, `allEmail`, `several`, ...; `allSms` does not touch imports (assumed).
        list_ids: With `several`, the lists that it holds for.
    """

    phrase: str
    match_type: str
    channel: str
    list_ids: frozenset[int]

    def applies_to(self, list_id: int) -> bool:
        """Tell whether it holds for imports to a list."""
        return self.channel in _EVERY_LIST or (self.channel in _SOME_LISTS and list_id in self.list_ids)


class Exclusions:
    """Finds the exclusion that an address matches."""

    def __init__(self, exclusions: Iterable[Exclusion]) -> None:
        """Index exclusions by how they match."""
        self._exact: dict[str, list[Exclusion]] = {}
        self._endings: list[Exclusion] = []
        for exclusion in exclusions:
            if not exclusion.phrase:
                continue
            if exclusion.match_type == _EXACT:
                phrase = normalise_email(exclusion.phrase) or exclusion.phrase
                self._exact.setdefault(phrase, []).append(exclusion)
            elif exclusion.match_type == _ENDING:
                self._endings.append(exclusion)
        self._all_endings = tuple({exclusion.phrase for exclusion in self._endings})

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._exact or self._endings)

    def find(self, email: str, list_id: int) -> Exclusion | None:
        """Return the exclusion that keeps an address off a list, or `None`."""
        candidates = self._exact.get(email, ())
        # A phrase may have a domain as people read it, an identity has it in ASCII.
        readable = with_unicode_domain(email)
        for form in (email,) if readable == email else (email, readable):
            if form.endswith(self._all_endings):
                candidates = (*candidates, *(one for one in self._endings if form.endswith(one.phrase)))
        if not candidates:
            return None
        return next((exclusion for exclusion in candidates if exclusion.applies_to(list_id)), None)
