"""How far a run is, on stderr: a bar on a terminal, a line now and then where nobody is looking."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from workers.shown.outcomes import Outcome

_LOG = logging.getLogger(__name__)
#: Seconds between two lines of a log; often enough to see it lives, seldom enough to read.
_LOG_INTERVAL = 15.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a run stands.

    total: documents to do; None while they are still being counted. pages: read in this run, resumed ones
    left out, unfinished documents' pages counted in. read: documents finished in this run, resumed ones
    left out.
    """

    total: int | None
    finished: int
    read: int
    pages: int
    seconds: float

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end, from the pages per document so far; None while nothing can be said."""
        if self.total is None or not self.read or not self.pages:
            return None
        expected = self.pages * (self.total - self.finished) / self.read
        return expected / self.pages_per_second

    def describe(self) -> str:
        """Pages per second and the time left, for people."""
        left = self.seconds_left
        until = "" if left is None else f", {format_duration(left)} left"
        return f"{self.pages} pages, {self.pages_per_second:.2f} pages/s{until}"


def format_duration(seconds: float) -> str:
    """A duration as people say it: `0.05 s`, `42 s`, `3 min 5 s`, `2 h 10 min`."""
    if 0 < seconds < 1:
        return f"{seconds:.1g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Display(Protocol):
    """Shows a run to whoever watches; a context in which to show it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def show(self, snapshot: Snapshot) -> None:
        """The run has come this far."""
        ...

    def tell(self, outcome: Outcome) -> None:
        """A document is finished."""
        ...


class QuietDisplay:
    """Shows nothing at all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        del snapshot

    def tell(self, outcome: Outcome) -> None:
        del outcome


class LogDisplay(QuietDisplay):
    """A plain line for every failure at once, and for the whole now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _LOG_INTERVAL

    def show(self, snapshot: Snapshot) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _LOG_INTERVAL
        total = "?" if snapshot.total is None else snapshot.total
        _LOG.info("%s of %s documents, %s", snapshot.finished, total, snapshot.describe())

    def tell(self, outcome: Outcome) -> None:
        if outcome.is_lacking:
            _LOG.warning("%s", outcome.failure)


class BarDisplay:
    """A progress bar; failures stand above it."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("documents", total=None, speed="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, snapshot: Snapshot) -> None:
        self._progress.update(
            self._task, completed=snapshot.finished, total=snapshot.total, speed=snapshot.describe()
        )

    def tell(self, outcome: Outcome) -> None:
        if outcome.is_lacking:
            self._progress.console.print(outcome.failure, markup=False, soft_wrap=True)


def choose_display(console: Console, *, quiet: bool) -> Display:
    """A bar for a terminal, lines for anything else, nothing when quiet was asked for."""
    if quiet:
        return QuietDisplay()
    return BarDisplay(console) if console.is_terminal else LogDisplay()
