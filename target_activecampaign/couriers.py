"""Couriers: the threads that talk to ActiveCampaign for a delivery.

Each asks the delivery what to do next, does it without holding a lock, and brings the answer back. Whatever
ends one early ends the delivery.
"""

from __future__ import annotations

import math
import threading
import typing as t

from target_activecampaign.pacing import StoppedError

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.client import Client
    from target_activecampaign.delivery import Delivery

_MOST_THREADS = 8
_SECONDS_TO_JOIN = 1.0


class Couriers:
    """Threads that submit batches, follow imports and read contacts back."""

    def __init__(
        self,
        delivery: Delivery,
        client: Client,
        *,
        requests_per_second: int,
        imports_per_minute: int,
    ) -> None:
        """Prepare; `start` starts them.

        A request takes up to a second or so, so there are as many threads of a kind as requests of that
        kind may be sent in a second, and one more.

        Args:
            delivery: Says what to do next.
            client: The account.
            requests_per_second: As the setting of this name.
            imports_per_minute: As the setting of this name.
        """
        self._delivery = delivery
        self._client = client
        submitters = min(_MOST_THREADS, 1 + math.ceil(imports_per_minute / 60))
        followers = min(_MOST_THREADS, 1 + math.ceil(requests_per_second / 2))
        loops = [*[self._submit] * submitters, *[self._follow] * followers, *[self._verify] * followers]
        self._threads = [
            threading.Thread(target=self._guard, args=(loop,), name=loop.__name__, daemon=True)
            for loop in loops
        ]

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the threads to end, not for long: one may hang in a request that takes its time."""
        clock = self._delivery.clock
        deadline = clock.now() + _SECONDS_TO_JOIN
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(timeout=max(0.0, deadline - clock.now()))

    def _submit(self) -> None:
        while (step := self._delivery.next_submission()) is not None:
            if step == "read contract":
                self._delivery.take_contract(self._client.contract())
                continue
            try:
                outcome = self._client.submit(step.encode(), len(step))
            except BaseException:
                self._delivery.take_no_outcome()
                raise
            self._delivery.take_outcome(step, outcome)

    def _follow(self) -> None:
        while (open_import := self._delivery.next_import()) is not None:
            self._delivery.take_status(open_import, self._client.look(open_import.id))

    def _verify(self) -> None:
        while (verification := self._delivery.next_verification()) is not None:
            verification.look(self._client, self._delivery.pause)
            self._delivery.take_verification(verification)

    def _guard(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - the reader's thread raises it
            self._delivery.take_failure(error)
