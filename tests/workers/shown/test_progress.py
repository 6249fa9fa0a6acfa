"""The bar as a terminal shows it, and what is said of the time left."""

from __future__ import annotations

import io

import pyte
import pytest
from rich.console import Console

from extractor.wording.catalogue import Language
from workers.shown.progress import BarDisplay, LogDisplay, Narrator, QuietDisplay, Snapshot, choose_display
from workers.shown.speech import speak


class _Terminal(io.StringIO):
    """A stream that a terminal is at the other end of."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.screen = pyte.Screen(columns, 12)
        self._stream = pyte.Stream(self.screen)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


def _console(terminal: _Terminal, columns: int) -> Console:
    return Console(file=terminal, force_terminal=True, width=columns, legacy_windows=False)


def _snapshots() -> list[Snapshot]:
    """A run of 200 documents with 1,000 pages, ever slower."""
    made = []
    for done in range(0, 200, 7):
        seconds, pages = done * (1 + done / 100), done * 5
        made.append(Snapshot(200, done, done, pages, seconds, 1000, pages, done // 9))
    return made


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_bar_stays_one_line(columns, language):
    terminal = _Terminal(columns)
    speak(language)
    try:
        bar = BarDisplay(_console(terminal, columns))
        with bar:
            assert len(terminal.lines) == 1
            for snapshot in _snapshots():
                bar.show(snapshot)
                bar._progress.refresh()
                assert len(terminal.lines) == 1, terminal.lines
        assert terminal.lines == []
    finally:
        speak(Language.ENGLISH)


def test_what_is_printed_through_the_bar_stands_above_it():
    terminal = _Terminal(100)
    console = _console(terminal, 100)
    with BarDisplay(console) as bar:
        for number, snapshot in enumerate(_snapshots()[1:6]):
            bar.show(snapshot)
            console.print(f"results/{number}.json", markup=False, highlight=False)
            bar._progress.refresh()
        shown = terminal.lines
    assert shown[:-1] == [f"results/{number}.json" for number in range(5)]
    assert "35/200 documents" in shown[-1]
    assert terminal.lines == shown[:-1]


def test_the_bar_tells_documents_pages_speed_and_time():
    told = Narrator().describe(Snapshot(10, 4, 4, 12, 12.0, total_pages=30, pages_done=12, lacking=1))
    assert told == "4/10 documents  12/30 pages  1.00 pages/s  18 s left  1 not read whole"
    assert Narrator().describe(Snapshot(None, 0, 0, 0, 0.5)) == "0 documents  loading the recognisers"


def test_the_time_left_never_rises():
    narrator, before = Narrator(), float("inf")
    for snapshot in _snapshots():
        narrator.describe(snapshot)
        left = narrator._left
        if left is not None:
            assert left <= before
            before = left
    assert before < float("inf")


def test_pages_that_were_counted_tell_the_time_left_better_than_documents():
    """One large document among small ones: by documents it would be a minute, by pages it is ten."""
    snapshot = Snapshot(3, 2, 2, 4, 60.0, total_pages=44, pages_done=4)
    assert snapshot.seconds_left == 600.0
    assert Snapshot(3, 2, 2, 4, 60.0).seconds_left == 30.0
    assert Snapshot(3, 3, 3, 4, 60.0, total_pages=44, pages_done=4).seconds_left == 0.0


def test_a_terminal_has_a_bar_and_a_log_has_lines():
    assert isinstance(choose_display(_console(_Terminal(80), 80), quiet=False), BarDisplay)
    assert isinstance(choose_display(Console(file=io.StringIO()), quiet=False), LogDisplay)
    assert type(choose_display(_console(_Terminal(80), 80), quiet=True)) is QuietDisplay
