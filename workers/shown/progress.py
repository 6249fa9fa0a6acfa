"""How far a run is, on stderr: a bar of one line on a terminal, a line now and then where nobody is looking."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column

from workers.shown.durations import say_duration
from workers.shown.speech import tell

_LOG = logging.getLogger(__name__)
#: Seconds between two lines of a log; often enough to see it lives, seldom enough to read.
_LOG_INTERVAL = 15.0
#: Documents that have to be read before anything is said of the time left: the first one waits for the recognisers.
_FEWEST = 2
#: Seconds of a run before which its speed says little: of seven documents four blank ones were done in the first two,
#: and a time that may not rise stood at one second for the other six.
_EARLIEST = 10.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a run stands.

    total: documents to do; None while they are still being counted. pages: read in this run, resumed ones
    left out, unfinished documents' pages counted in. read: documents finished in this run, resumed ones
    left out. total_pages: of all documents; None while they are counted, or where nobody counts them.
    pages_done: of all that is finished or in hand, kept ones too. lacking: documents that were not read whole.
    """

    total: int | None
    finished: int
    read: int
    pages: int
    seconds: float
    total_pages: int | None = None
    pages_done: int = 0
    lacking: int = 0

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end; None while nothing can be said.

        By the pages that are left, or where they were not counted by those of a document so far.
        """
        if self.total is None or not self.read or not self.pages:
            return None
        documents_left = self.total - self.finished
        if documents_left and self.total_pages is not None:
            return max(self.total_pages - self.pages_done, 0) / self.pages_per_second
        return self.pages * documents_left / self.read / self.pages_per_second

    @property
    def share(self) -> tuple[int, int | None]:
        """What is done of what there is: pages where they are counted, otherwise documents."""
        if self.total_pages:
            return min(self.pages_done, self.total_pages), self.total_pages
        return self.finished, self.total


class Narrator:
    """Words where a run stands; the time left that it tells never rises."""

    def __init__(self) -> None:
        self._left: float | None = None

    def describe(self, snapshot: Snapshot) -> str:
        """Documents, pages, speed and the time left, in one line."""
        parts = [self._documents(snapshot)]
        if not snapshot.pages and not snapshot.finished:
            return f"{parts[0]}  {tell('messages.progress.starting')}"
        pages = snapshot.pages_done if snapshot.total_pages else snapshot.pages
        key = "pages" if snapshot.total_pages else "pages_only"
        parts.append(tell(f"messages.progress.{key}", pages=pages, total=snapshot.total_pages or 0))
        parts.append(tell("messages.progress.speed", speed=snapshot.pages_per_second))
        left = self._left_of(snapshot)
        if left is not None:
            parts.append(tell("messages.progress.left", time=say_duration(max(1.0, left))))
        if snapshot.lacking:
            parts.append(tell("messages.progress.lacking", count=snapshot.lacking))
        return "  ".join(parts)

    def _documents(self, snapshot: Snapshot) -> str:
        if snapshot.total is None:
            return tell("messages.progress.uncounted", done=snapshot.finished)
        return tell("messages.progress.documents", done=snapshot.finished, total=snapshot.total)

    def _left_of(self, snapshot: Snapshot) -> float | None:
        left = snapshot.seconds_left
        is_early = snapshot.read < _FEWEST or snapshot.seconds < _EARLIEST
        if left is None or (is_early and self._left is None):
            return self._left
        self._left = left if self._left is None else min(left, self._left)
        return self._left


class Display(Protocol):
    """Shows a run to whoever watches; a context in which to show it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def show(self, snapshot: Snapshot) -> None:
        """The run has come this far."""
        ...


class QuietDisplay:
    """Shows nothing at all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        del snapshot


class LogDisplay(QuietDisplay):
    """A plain line at the beginning and now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _LOG_INTERVAL
        self._narrator = Narrator()

    def __enter__(self) -> Self:
        _LOG.info("%s", tell("messages.progress.counting"))
        return self

    def show(self, snapshot: Snapshot) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _LOG_INTERVAL
        _LOG.info("%s", self._narrator.describe(snapshot))


class BarDisplay:
    """A bar that stays one line: what does not fit is cut, and whoever writes meanwhile has to use its console."""

    def __init__(self, console: Console) -> None:
        one_line = Column(no_wrap=True, overflow="ellipsis")
        self._narrator = Narrator()
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[told]}", table_column=one_line, markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, told=tell("messages.progress.counting"))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, snapshot: Snapshot) -> None:
        done, total = snapshot.share
        told = self._narrator.describe(snapshot)
        self._progress.update(self._task, completed=done, total=total, told=told)


def choose_display(console: Console, *, quiet: bool) -> Display:
    """A bar for a terminal, lines for anything else, nothing when quiet was asked for."""
    if quiet:
        return QuietDisplay()
    return BarDisplay(console) if console.is_terminal else LogDisplay()
