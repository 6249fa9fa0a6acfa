"""How long a service that is away, or asks to come again later, is asked again."""

from __future__ import annotations

import logging
from typing import Any

from tenacity import RetryCallState, retry_if_exception_type, stop_after_delay, wait_random_exponential

from workers.remote.calls import BusyError
from workers.shown.durations import say_duration
from workers.shown.speech import tell

_LOG = logging.getLogger(__name__)
#: Seconds for which a service that is away or busy is asked again.
PATIENCE = 60.0
_BACK_OFF = wait_random_exponential(multiplier=0.2, max=5.0)


class Patience:
    """The patience that a client has: `limit` seconds, and on the service's own word as often as it gives it.

    That a service is away is logged once, when it is to be asked again.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._is_away = False
        #: Seconds that the service has asked us to wait with the request in hand.
        self._asked = 0.0

    def begin(self) -> dict[str, Any]:
        """How tenacity is to try the next request again."""
        self._asked = 0.0
        return {
            "retry": retry_if_exception_type(BusyError),
            "wait": self._wait,
            "stop": self._is_enough,
            "before_sleep": self._tell_away,
            "reraise": True,
        }

    def end(self) -> None:
        """The service has answered."""
        self._is_away = False

    def _wait(self, state: RetryCallState) -> float:
        asked = self._asked_to_wait(state) or 0.0
        self._asked += asked
        return asked or _BACK_OFF(state)

    def _is_enough(self, state: RetryCallState) -> bool:
        # What the service asked us to wait is not time for which it was away.
        limit = stop_after_delay(self._limit + self._asked)
        return self._asked_to_wait(state) is None and limit(state)

    def _asked_to_wait(self, state: RetryCallState) -> float | None:
        """Seconds to wait on the service's own word; None where it gave none, or asks for more than we have."""
        error = state.outcome.exception() if state.outcome is not None else None
        after = error.after if isinstance(error, BusyError) else None
        return after if after is not None and after <= self._limit else None

    def _tell_away(self, state: RetryCallState) -> None:
        if not self._is_away and state.outcome is not None:
            self._is_away = True
            why = str(state.outcome.exception())
            if self._asked:
                _LOG.warning("%s", tell("messages.client.again_until_well", why=why))
            else:
                _LOG.warning("%s", tell("messages.client.again", why=why, time=say_duration(self._limit)))
