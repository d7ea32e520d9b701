"""Owns which of the people who said no are taken off a list at the end of a run.

Must not know how a no is found (`opt_outs.py`), nor how many may leave (`brake.py`).
"""

from __future__ import annotations

import itertools
import typing as t

from target_activecampaign.run.brake import FEW

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_activecampaign.contacts.contact import LeftAlone
    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.delivery.removal import Removal
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.run.opt_outs import OptOuts

    ReasonsToStay: t.TypeAlias = Callable[[int, Collection[str]], Mapping[str, LeftAlone | None]]


class OptOutRemovals:
    """Removals of people who said no, beside others."""

    def __init__(
        self, opt_outs: OptOuts, delivery: Delivery, report: Report, reasons_to_stay: ReasonsToStay
    ) -> None:
        """Prepare.

        Args:
            opt_outs: Knows who said no.
            delivery: Counts the outcomes of deletions.
            report: Learns who is left alone.
            reasons_to_stay: Tells of people why they can't be taken off a list; `None` for who can.
        """
        self._opt_outs = opt_outs
        self._delivery = delivery
        self._report = report
        self._reasons_to_stay = reasons_to_stay

    def find(self, list_id: int, others: Collection[str]) -> list[Removal]:
        """Return who said no and may be on a list, and leave those alone who are not.

        Where few leave, the brake lets all of them go, and each is looked up before it is sent. Where more
        leave, they are looked up here: the brake counts people on the list alone.

        Args:
            list_id: The list.
            others: Addresses of people who are to be taken off it besides.
        """
        said_no = list(self._opt_outs.removals(list_id))
        if not said_no or len({*others, *(one.email for one in said_no)}) <= FEW:
            return said_no
        reasons = self._reasons_to_stay(list_id, [one.email for one in said_no])
        staying = [(one, reason) for one in said_no if (reason := reasons[one.email]) is not None]
        self._opt_outs.leave_alone(list_id, staying)
        for one, reason in staying:
            self._report.streams[one.stream].leave_alone(reason)
        return [one._replace(is_checked=True) for one in said_no if reasons[one.email] is None]

    def end(
        self, said_no: Mapping[int, Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> None:
        """Count deletions of people who said no besides as superseded."""
        people = {(one.list_id, one.email) for one in itertools.chain(*said_no.values())}
        doubled = {
            one.origin: one.segment
            for one in itertools.chain(*deletions.values())
            if one.origin is not None and (one.list_id, one.email) in people
        }
        for origin, segment in doubled.items():
            self._delivery.end_deletions([origin], "superseded", segment=segment)

    def hold_back(self) -> None:
        """Count the records of this run that say no as held back: nobody is taken off."""
        self._opt_outs.hold_back()
