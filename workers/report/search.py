"""Words looked for in the prose of many results, by an index that grows with them: of a folder it lies beside them.

SQLite's full-text search takes every three characters for a word, which is what Chinese needs. The index is made of
the results and nothing else: it may be deleted at any time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from extractor.seams.errors import UsageError
from extractor.values.result import Result
from extractor.wording.said import say
from workers.exports.dataset import find_result_files
from workers.files.storage import read_result

#: The index, hidden as results never are, and the version of its tables.
INDEX = ".search.sqlite3"
_VERSION = 2
#: Characters of a word by which the index finds it, and those shown before and after what was found.
_TRIGRAM, _BEFORE, _AFTER = 3, 24, 56
_SCHEMA = f"""
CREATE TABLE files (name TEXT PRIMARY KEY, mark TEXT NOT NULL);
CREATE TABLE places (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, report INTEGER NOT NULL, organ TEXT NOT NULL, year INTEGER,
    title TEXT NOT NULL, page INTEGER
);
CREATE TABLE notes (name TEXT PRIMARY KEY, value REAL NOT NULL);
CREATE INDEX places_file ON places (file);
CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize = 'trigram');
PRAGMA user_version = {_VERSION};
"""
_FIND = """
SELECT file, report, organ, year, title, page, text FROM texts JOIN places ON places.id = texts.rowid
WHERE {conditions} ORDER BY organ, year, file, report, places.id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A section in which all words are.

    document: name of its result without `.json`, or of whatever the index calls it. report: its number in the
    document, from 1. year: None where it was not read. title: of the section. page: the first of the section.
    passage: the text around the first word.
    """

    document: str
    report: int
    organ: str
    year: int | None
    title: str
    page: int | None
    passage: str


def search_results(folder: Path, words: Sequence[str], limit: int) -> list[Hit]:
    """Sections of the results in a folder that hold all words, by body and year, at most so many.

    Raises:
        UsageError: no word was given.
    """
    wanted = check_words(words)
    with TextIndex(folder / INDEX) as index:
        with suppress(sqlite3.DatabaseError):
            # Where another search holds it, what it knows is told.
            _update(index, folder)
        return index.find(wanted, limit)


def check_words(words: Sequence[str]) -> list[str]:
    """The words without what is none.

    Raises:
        UsageError: there is none.
    """
    wanted = [word for word in (word.strip() for word in words) if word]
    if not wanted:
        raise UsageError(say("messages.search.no_words"))
    return wanted


def _update(index: TextIndex, folder: Path) -> None:
    """Has the index know what the folder holds."""
    known = index.marks()
    found = {}
    for name, path in find_result_files(folder):
        with suppress(OSError):
            state = path.stat()
            found[name] = f"{state.st_size} {state.st_mtime_ns} {state.st_ino}"
    with index.changing():
        for name in known.keys() - found.keys():
            index.forget(name)
        for name in sorted(name for name, mark in found.items() if known.get(name) != mark):
            # What is no result is known as well, so that it is not read again.
            index.put(name, found[name], read_result(folder / f"{name}.json"))


class TextIndex:
    """Sections of results by their words.

    A file that is damaged or another version's is made anew; where none can be written it is in memory. Methods raise
    sqlite3.DatabaseError where another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._index = _open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._index.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All that is changed within, or nothing."""
        self._index.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._index.execute("ROLLBACK")
            raise
        self._index.execute("COMMIT")

    def marks(self) -> dict[str, str]:
        """By which state each result is known."""
        return dict(self._index.execute("SELECT name, mark FROM files"))

    def note(self, name: str) -> float:
        """A number that was kept; 0 where none was."""
        row = self._index.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return 0.0 if row is None else float(row[0])

    def keep_note(self, name: str, value: float) -> None:
        self._index.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def forget(self, name: str) -> None:
        run = self._index.execute
        run("DELETE FROM texts WHERE rowid IN (SELECT id FROM places WHERE file = ?)", (name,))
        run("DELETE FROM places WHERE file = ?", (name,))
        run("DELETE FROM files WHERE name = ?", (name,))

    def put(self, name: str, mark: str, result: Result | None) -> None:
        """Has a result be known in place of what was of that name."""
        self.forget(name)
        run = self._index.execute
        run("INSERT INTO files VALUES (?, ?)", (name, mark))
        for number, report in enumerate(result.reports if result is not None else (), start=1):
            organ, year = str(report.organ.value or ""), report.year.value
            for section in report.sections:
                page = section.pages[0] if section.pages else None
                told = (name, number, organ, year if isinstance(year, int) else None, section.title, page)
                place = run(
                    "INSERT INTO places (file, report, organ, year, title, page) VALUES (?, ?, ?, ?, ?, ?)",
                    told,
                )
                text = f"{section.title}\n{section.text}"
                run("INSERT INTO texts (rowid, text) VALUES (?, ?)", (place.lastrowid, text))

    def find(self, words: Sequence[str], limit: int) -> list[Hit]:
        """Sections that hold all words, by body and year, at most so many."""
        long = [word for word in words if len(word) >= _TRIGRAM]
        short = [word for word in words if len(word) < _TRIGRAM]
        conditions = [*(["texts MATCH ?"] if long else []), *(["text LIKE ? ESCAPE '\\'"] * len(short))]
        quoted = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
        given = [*([quoted] if long else []), *(f"%{_escape(word)}%" for word in short)]
        query = _FIND.format(conditions=" AND ".join(conditions))
        return [
            Hit(file, report, organ, year, title, page, _passage(text, words[0]))
            for file, report, organ, year, title, page, text in self._index.execute(query, [*given, limit])
        ]


def _open(path: Path) -> sqlite3.Connection:
    """The index, made anew where it is damaged or another version's; in memory where it cannot be written."""
    for place in (str(path), None, ":memory:"):
        if place is None:
            with suppress(OSError):
                path.unlink()
            place = str(path)
        try:
            index = _connect(place)
        except sqlite3.DatabaseError:
            continue
        if index is not None:
            return index
    raise AssertionError("memory can be written")


def _connect(place: str) -> sqlite3.Connection | None:
    """The index at a place; None where it is another version's.

    Raises:
        sqlite3.DatabaseError: it is damaged, or cannot be made there.
    """
    index = sqlite3.connect(place, isolation_level=None)
    try:
        (version,) = index.execute("PRAGMA user_version").fetchone()
        if version == 0:
            index.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        index.execute("SELECT count(*) FROM texts WHERE rowid < 0")
    except sqlite3.DatabaseError:
        index.close()
        raise
    if version in {0, _VERSION}:
        return index
    index.close()
    return None


def _escape(word: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in word)


def _passage(text: str, word: str) -> str:
    """The text around a word, in one line."""
    place = max(0, text.casefold().find(word.casefold()))
    start, end = max(0, place - _BEFORE), place + len(word) + _AFTER
    shown = " ".join(text[start:end].split())
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")
