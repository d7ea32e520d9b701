"""Owns that the people who said no leave together with the mirror's leavers and the deletions, by one brake.

Must not know how a no is found (`opt_outs.py`), nor the brake's rule (`removals.py`).
"""

from __future__ import annotations

import itertools
import typing as t
from collections import defaultdict

from target_activecampaign.run.removals import Brake, Removals

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_activecampaign.contacts.contact import LeftAlone
    from target_activecampaign.delivery.removal import Removal
    from target_activecampaign.run.opt_outs import OptOuts

    ReasonsToStay: t.TypeAlias = Callable[[int, Collection[str]], Mapping[str, LeftAlone | None]]

_FEW = 10  # people; the brake lets as many go, and each is looked up before it is sent


class BrakeOfAll(Brake):
    """The brake, with words that name each way to leave."""

    def _problem(self, list_id: int, leaving: int, all_of_them: int, by: str) -> str | None:
        by = "by deletions and field_mapping.subscription" if by == "by deletions" else by
        return super()._problem(list_id, leaving, all_of_them, by)


class AllRemovals(Removals):
    """Removals of a run in which people may say no."""

    def __init__(
        self,
        *,
        opt_outs: OptOuts,
        reasons_to_stay: ReasonsToStay,
        **others: t.Any,  # noqa: ANN401 - as its base
    ) -> None:
        """Prepare.

        Args:
            opt_outs: Knows who said no.
            reasons_to_stay: Tells of people why they can't be taken off a list; `None` for who can.
            others: As `Removals`.
        """
        super().__init__(**others)
        self._opt_outs = opt_outs
        self._reasons_to_stay = reasons_to_stay

    def _take_off(
        self, leavers: Mapping[tuple[int, str], Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> None:
        """Take people off as the base does, those who said no first: their removal takes no proof."""
        others = [*itertools.chain(*leavers.values(), *deletions.values())]
        together: defaultdict[int, list[Removal]] = defaultdict(list)
        for list_id in self._list_ids:
            together[list_id] = self._who_can_leave(
                list_id, [one for one in others if one.list_id == list_id]
            )
        said_no = {(one.list_id, one.email) for some in together.values() for one in some}
        doubled: list[Removal] = []
        for one in itertools.chain(*deletions.values()):
            is_double = (one.list_id, one.email) in said_no
            (doubled if is_double else together[one.list_id]).append(one)
        super()._take_off(leavers, together)
        for one in doubled:
            if one.origin is not None:
                self._delivery.end_deletions([one.origin], "superseded", segment=one.segment)

    def _who_can_leave(self, list_id: int, others: Sequence[Removal]) -> list[Removal]:
        """Return who said no and may be on a list, and leave the others alone.

        Args:
            list_id: The list.
            others: Who is to be taken off it besides.
        """
        said_no = list(self._opt_outs.removals(list_id))
        if len({one.email for one in (*said_no, *others)}) <= _FEW or not said_no:
            return said_no
        reasons = self._reasons_to_stay(list_id, [one.email for one in said_no])
        staying = [(one, reason) for one in said_no if (reason := reasons[one.email]) is not None]
        self._opt_outs.leave_alone(list_id, staying)
        for one, reason in staying:
            self._report.streams[one.stream].leave_alone(reason)
        return [one._replace(is_checked=True) for one in said_no if reasons[one.email] is None]
