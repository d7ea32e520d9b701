"""Owns what a report says of the run itself beside its figures: lists, files, settings without secrets."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign import __version__

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.config.settings import Settings


@dataclass(slots=True)
class RunFacts:
    """What the run is: known when it begins, but for the names that the account gives.

    Attributes:
        host: The account's host; empty where it is unknown.
        account: What the account calls itself; `None` where it was not asked.
        lists: Number of each list of the run to its name; `None` as long as it is unknown.
        automations: Whether imports may start automations.
        has_ledger: Whether a ledger remembers what was confirmed.
        rejects_path: Where rejected records are kept; `None` where they are counted only.
        report_path: Where the report is written; `None` where it is not.
        source: The name of the file that was sent; `None` where a tap writes the input.
        settings: Names and values, without secrets.
    """

    host: str = ""
    account: str | None = None
    lists: dict[int, str | None] = field(default_factory=dict)
    automations: bool = True
    has_ledger: bool = False
    rejects_path: str | None = None
    report_path: str | None = None
    source: str | None = None
    settings: Mapping[str, t.Any] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, source: str | None = None) -> RunFacts:
        """Return what the settings of a run say, with the name of the file that it sends, if any."""
        rejects_path = None if settings.dry_run else settings.rejects_path
        return cls(
            host=settings.account,
            lists=dict.fromkeys(settings.list_ids()),
            automations=not settings.exclude_automations,
            has_ledger=settings.ledger_url is not None,
            rejects_path=None if rejects_path is None else str(rejects_path),
            report_path=None if settings.report_path is None else str(settings.report_path),
            source=source,
            settings=settings.shown,
        )

    def as_json(self) -> dict[str, t.Any]:
        """Return them as the report holds them."""
        return {
            "version": __version__,
            "host": self.host,
            "account": self.account,
            "lists": [{"id": number, "name": name} for number, name in self.lists.items()],
            "automations": self.automations,
            "ledger": self.has_ledger,
            "source": self.source,
            "report_path": self.report_path,
            "settings": dict(self.settings),
        }
