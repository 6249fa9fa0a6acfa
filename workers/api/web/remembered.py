"""Numbers that take long to count are told from memory, and counted again beside."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from extractor.seams.errors import ExtractorError

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
#: Seconds that a count may take for it to be made whenever somebody asks.
_QUICK = 0.05
#: Share of the time that counting may take: what takes a second is told for twenty.
_SHARE = 0.05
#: The quickest of so many counts is what one takes: beside other work one takes ten times as long now and then.
_LAST = 4


class Remembered(Generic[_T]):
    """A count that is never waited for but the first time; where it is waited for it raises what the count does.

    Of a small store it is always as of now; of two million jobs what takes a second is twenty seconds old at most.
    """

    def __init__(self, count: Callable[[], _T], quick: float = _QUICK, share: float = _SHARE) -> None:
        """quick: seconds that a count may take for it to be made whenever somebody asks. share: as `_SHARE`."""
        self._count, self._quick, self._share = count, quick, share
        self._lock = threading.Lock()
        self._is_counting = False
        self._known: tuple[_T, float] | None = None
        self._taken: deque[float] = deque(maxlen=_LAST)

    def __call__(self) -> _T:
        known = self._known
        if known is None:
            # Whoever comes meanwhile waits for the same count.
            with self._lock:
                return self._known[0] if self._known is not None else self._count_now()
        value, made = known
        takes = min(self._taken)
        if takes < self._quick:
            return self._count_now()
        # One that was slow once is counted again at once, to know whether it always is.
        if len(self._taken) == 1 or time.monotonic() - made > takes / self._share:
            self._count_beside()
        return value

    def _count_now(self) -> _T:
        began = time.monotonic()
        value = self._count()
        ended = time.monotonic()
        self._taken.append(ended - began)
        self._known = (value, ended)
        return value

    def _count_beside(self) -> None:
        with self._lock:
            if self._is_counting:
                return
            self._is_counting = True
        threading.Thread(target=self._recount, name="recount", daemon=True).start()

    def _recount(self) -> None:
        try:
            self._count_now()
        except ExtractorError as error:
            _LOG.warning("%s; what was counted before is told", error)
        finally:
            self._is_counting = False


def begin(counts: Iterable[Remembered[Any]]) -> None:
    """Has each counted beside, one after the other, so that who asks first waits less."""
    threading.Thread(target=_count_first, args=(list(counts),), name="first count", daemon=True).start()


def _count_first(counts: list[Remembered[Any]]) -> None:
    try:
        for count in counts:
            count()
    except ExtractorError as error:
        _LOG.warning("%s; it is counted when somebody asks", error)
