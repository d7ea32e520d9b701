"""Owns the thread that looks at a run about once a second: it fails no run and keeps no process alive."""

from __future__ import annotations

import logging
import threading
import typing as t
import weakref

from target_activecampaign.clock import SystemClock

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.clock import Clock
    from target_activecampaign.reporting.progress import Progress
    from target_activecampaign.reporting.timeline import Timeline

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_TO_END = 2.0


class Watch:
    """Keeps looking at a run, from `start` to `stop`.

    Attributes:
        show: Shows people a look, mostly in the watch's thread.
        observers: Are shown each look, too.
        at_end: Are called when the watch has ended.
    """

    def __init__(
        self, look: Callable[[], Progress], timeline: Timeline, show: Callable[[Progress], None]
    ) -> None:
        """Prepare.

        Args:
            look: Returns the figures of now.
            timeline: Takes them.
            show: Shows people.
        """
        self.show = show
        self.observers: list[Callable[[Progress], None]] = []
        self.at_end: list[Callable[[], None]] = []
        self._look = look
        self._timeline = timeline
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None
        # Looks are a second of the machine apart, also where the run's clock is quicker.
        self._clock = SystemClock()

    def start(self) -> None:
        """Take the first look, and go on in a thread."""
        self.take_look()
        arguments = (weakref.ref(self), self._ended, self._clock)
        self._thread = threading.Thread(target=_watch, args=arguments, name="_watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and take the last look, which observers are not shown."""
        if self._thread is None or self._ended.is_set():
            return
        self._ended.set()
        self._thread.join(_SECONDS_TO_END)
        for act in (*self.at_end, self._note):
            self._guarded(act)

    def take_look(self) -> None:
        """Take a look, and show it to the observers."""
        self._guarded(self._note_and_show)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Act; a fault in what only shows how a run goes is no fault of the run."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - see above
            logger.debug("progress can't be shown (%s)", type(error).__name__)

    def _note(self) -> Progress:
        with self._one_at_a_time:
            progress = self._look()
            self._timeline.add(progress)
            return progress

    def _note_and_show(self) -> None:
        progress = self._note()
        for show in (self.show, *self.observers):
            self._guarded(lambda show=show: show(progress))  # type: ignore[misc]


def _watch(watch: weakref.ref[Watch], ended: threading.Event, clock: Clock) -> None:
    """Look until the watch ends, or nobody has it any more: a run that began need not come to an end."""
    while not clock.wait(ended, _SECONDS_BETWEEN_LOOKS):
        watched = watch()
        if watched is None:
            return
        watched.take_look()
        del watched
