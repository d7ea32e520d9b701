"""Owns that the people who said no leave together with the mirror's leavers and the deletions, by one brake.

Must not know how a no is found (`opt_outs.py`), nor the brake's rule (`removals.py`).
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from target_activecampaign.run.removals import Brake, Removals

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.delivery.removal import Removal
    from target_activecampaign.run.opt_outs import OptOuts


class BrakeOfAll(Brake):
    """The brake, with words that name each way to leave."""

    def _problem(self, list_id: int, leaving: int, all_of_them: int, by: str) -> str | None:
        by = "by deletions and field_mapping.subscription" if by == "by deletions" else by
        return super()._problem(list_id, leaving, all_of_them, by)


class AllRemovals(Removals):
    """Removals of a run in which people may say no."""

    def __init__(self, *, opt_outs: OptOuts, **others: t.Any) -> None:  # noqa: ANN401 - as its base
        """Prepare.

        Args:
            opt_outs: Knows who said no.
            others: As `Removals`.
        """
        super().__init__(**others)
        self._opt_outs = opt_outs

    def _take_off(
        self, leavers: Mapping[tuple[int, str], Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> None:
        """Take people off as the base does, those who said no first: their removal takes no proof."""
        by_list = {list_id: list(self._opt_outs.removals(list_id)) for list_id in self._list_ids}
        said_no = {(one.list_id, one.email) for some in by_list.values() for one in some}
        doubled: list[Removal] = []
        together: defaultdict[int, list[Removal]] = defaultdict(list, by_list)
        for list_id, some in deletions.items():
            for one in some:
                is_double = (list_id, one.email) in said_no
                (doubled if is_double else together[list_id]).append(one)
        super()._take_off(leavers, together)
        for one in doubled:
            if one.origin is not None:
                self._delivery.end_deletions([one.origin], "superseded", segment=one.segment)
        self._opt_outs.release()
