"""How many fields wait, told with every card: of a long queue it takes longer to count than to give one out."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from workers.api.web.remembered import Remembered
from workers.service.reviewing.queue import ReviewFilter, ReviewQueue

#: Seconds that a count may take for a card to wait for it. Of a million fields it takes 75 to 150 ms, and the card 5
#: (`benchmarks/many_jobs.py`).
_QUICK = 0.02
#: Share of the time that counting may take: at 0.05 a million were counted for 75 ms every 1.5 s, by all cores of a
#: small machine, beside one key in twenty.
_SHARE = 0.005
#: Choices whose counts are remembered.
_KEPT = 64


class Waiting:
    """Counts of a `ReviewQueue`, by what is chosen, as `Remembered` has them. For all threads of a process."""

    def __init__(self, queue: ReviewQueue) -> None:
        self._queue = queue
        self._counts: OrderedDict[ReviewFilter, Remembered[int]] = OrderedDict()

    def count(self, chosen: ReviewFilter) -> int:
        """Number of open fields, claimed ones included. Raises ServiceError."""
        if not chosen.not_job:
            return self._remembered(chosen)()
        everywhere = replace(chosen, not_job="")
        # Of one document it is counted at once, and what is left out is another one each time.
        if chosen.job:
            return self._queue.count(chosen)
        left_out = self._queue.count(replace(everywhere, job=chosen.not_job))
        return max(0, self._remembered(everywhere)() - left_out)

    def _remembered(self, chosen: ReviewFilter) -> Remembered[int]:
        found = self._counts.get(chosen)
        if found is None:
            found = self._counts.setdefault(
                chosen, Remembered(lambda: self._queue.count(chosen), _QUICK, _SHARE)
            )
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        return found
