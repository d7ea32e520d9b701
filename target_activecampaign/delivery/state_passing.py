"""State passing: hands the newest STATE that is done to the output, when that is due."""

from __future__ import annotations

import typing as t

from target_activecampaign.delivery.state_tracker import StateTracker

if t.TYPE_CHECKING:
    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.singer.state_output import StateOutput


class StatePassing:
    """Passes STATEs on. Called under the monitor.

    Attributes:
        tracker: Knows which STATE is done.
    """

    def __init__(self, output: StateOutput, monitor: Monitor) -> None:
        """Start without a STATE.

        Args:
            output: Takes a STATE that is done.
            monitor: Takes a failure of the output.
        """
        self.tracker = StateTracker()
        self._output = output
        self._monitor = monitor

    def add(self, state: t.Any) -> None:  # noqa: ANN401 - any JSON value that the tap chose
        """Take a STATE that covers every contact before it."""
        self.tracker.add_state(state)

    def pass_on(self, *, at_once: bool = False) -> None:
        """Pass on the newest STATE that is done, unless one was passed on a moment ago.

        Args:
            at_once: Whether a moment ago does not count.

        Raises:
            OutputError: If it can't be written.
        """
        now = self._monitor.clock.now()
        if not self.tracker.has_done or not (at_once or self._output.is_due(now)):
            return
        (state,) = self.tracker.take_done() or (None,)
        try:
            self._output.write(state, now)
        except BaseException as error:
            # Under the lock, before a thread finds that everything is settled and ends the run as done.
            self._monitor.fail(error)
            raise
