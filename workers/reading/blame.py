"""Which page is to blame when a process hangs or dies, when that page is left out, and how the rest goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from extractor.wording.said import say
from workers.reading.protocol import Failure, How, Lack, PageEvent, ReadEnd, ReadRequest, Watcher
from workers.reading.reader import Reader

#: Processes that ended on a page before the page is left out.
_DEADLY = 2
#: Pages of one document that may hang before the document is given up.
_HANGING_PAGES = 5


def explain_left_out(deaths: int, *, has_hung: bool = False) -> str:
    """Why a page is not to be read again, empty when it is: it hung, or so many processes ended on it."""
    if has_hung:
        return say("documents.process.left_out_late")
    if deaths >= _DEADLY:
        return say("documents.process.left_out_deaths", count=deaths)
    return ""


def read_patiently(
    reader: Reader,
    request: ReadRequest,
    watcher: Watcher,
    *,
    deaths: int = 0,
    tell_hanging: Callable[[int, Failure], None] = lambda page, failure: None,
) -> ReadEnd:
    """Reads a document; after a page on which its process hung or died the rest goes on where it was.

    A page that hangs is left out at once, one that kills its process the second time, one that takes more memory than
    allowed when a process does so that has read nothing before it. With no page left to read the document has failed.
    Of a stretch of its pages the same holds.
    deaths: processes that may die before the last one's end is this one's. tell_hanging: is told of every page that
    is left out because it hung or took too much, and why.

    Raises:
        SetupError: an engine does not load.
    """
    first = request.stretch[0] if request.stretch else 1
    blame, keeper, spent = _Blame(first, deaths), _Keeper(watcher), 0.0
    while True:
        end = reader.read(request, keeper, spent)
        spent += end.seconds
        if end.failure is not None and blame.is_inherited(end, end.failure):
            request = keeper.with_checkpoints(request)
            continue
        if end.page is None or end.failure is None:
            return end
        if end.how is How.HUNG:
            tell_hanging(end.page, end.failure)
        reason = blame.lay(end, end.page, end.failure)
        if reason is None:
            return end
        left_out = {**request.left_out, end.page: reason} if reason else request.left_out
        if len(left_out) == end.total:
            return replace(end, how=How.FAILED)
        request = keeper.with_checkpoints(replace(request, left_out=left_out))


@dataclass(slots=True)
class _Blame:
    """What has happened on the pages of a document. first: of those read. allowed: processes that may yet die."""

    first: int
    allowed: int
    hung: int = 0
    swollen: set[int | None] = field(default_factory=set)
    deaths: Counter[int] = field(default_factory=Counter)

    def is_inherited(self, end: ReadEnd, failure: Failure) -> bool:
        """Whether the memory may be that of what the process had read before: once, for every page."""
        is_first = end.is_fresh and end.page in {None, self.first}
        if failure.lack is not Lack.ALLOWED_MEMORY or is_first or end.page in self.swollen:
            return False
        self.swollen.add(end.page)
        return True

    def lay(self, end: ReadEnd, page: int, failure: Failure) -> str | None:
        """Why the page is left out, empty to read it again; None when the document is not to be tried any more."""
        if end.how is How.HUNG:
            self.hung += 1
            return (
                say("documents.process.left_out", why=failure.message)
                if self.hung <= _HANGING_PAGES
                else None
            )
        if end.how is not How.DIED or self.allowed <= 0:
            return None
        self.allowed -= 1
        self.deaths[page] += 1
        return explain_left_out(self.deaths[page])


class _Keeper(Watcher):
    """Keeps the checkpoints of pages read, beside another watcher."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.checkpoints: list[Path] = []

    def with_checkpoints(self, request: ReadRequest) -> ReadRequest:
        """The same request, with the pages that have been read by now."""
        known = dict.fromkeys((*request.checkpoints, *self.checkpoints))
        return replace(request, checkpoints=tuple(known))

    def page(self, event: PageEvent) -> bool:
        if event.checkpoint is not None:
            self.checkpoints.append(event.checkpoint)
        return self._watcher.page(event)

    def alive(self) -> bool:
        return self._watcher.alive()
