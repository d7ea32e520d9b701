"""Owns whether cells are surely a header, so that a message may quote them: else they may be a person."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import folded_name, shown_text

if t.TYPE_CHECKING:
    from collections.abc import Sequence

_EMAIL = frozenset(
    {
        "email",
        "e-mail",
        "e_mail",
        "mail",
        "email_address",
        "email address",
        "e-mail address",
        "e-mail-adresse",
    }
)
_MOST_SHOWN = 3


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether cells are names of columns: one says email, none is an address or a number."""
    names = [folded_name(cell.strip(" \"'")) for cell in cells]
    holds_values = any("@" in name or name.isdigit() for name in names)
    return not holds_values and any(name in _EMAIL for name in names)


def shown_header(cells: Sequence[str], separator: str) -> str:
    """Return the first names of a header for a message."""
    first = [shown_text(cell.strip(" \"'"), 30) for cell in cells[:_MOST_SHOWN]]
    return separator.join([*first, *(["…"] if len(cells) > _MOST_SHOWN else [])])
