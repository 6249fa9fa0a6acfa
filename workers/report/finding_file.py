"""All findings across documents as JSON: written one at a time, jumps first, then bodies beside their parts."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO

from extractor.wording.catalogue import Language
from extractor.wording.said import said_to_json, say, tell_os_error, word
from workers.files.storage import OutputError
from workers.report.across import AcrossFinding, Rule
from workers.report.families import FamilyLine


class FindingWriter:
    """Writes `{"findings": […], "families": […]}`; to nowhere where there is no stream.

    Findings other than jumps wait in a file of their own, for they come after the jumps of all bodies.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self._open = ExitStack()
        self._is_first = True
        self._families: list[str] = []

    def __enter__(self) -> FindingWriter:
        if self._stream is not None:
            self._later = self._open.enter_context(
                tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace")
            )
            self._stream.write('{"findings": [')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if self._stream is not None and kind is None:
                self._later.seek(0)
                first = self._later.read(1)
                # Each begins with the comma after the one before it.
                self._stream.write("" if self._is_first else first)
                shutil.copyfileobj(self._later, self._stream)
                lines = ",".join(f"\n{told}" for told in self._families)
                self._stream.write(f'\n], "families": [{lines}\n]}}\n')

    def add(self, finding: AcrossFinding) -> None:
        """Writes a finding."""
        if self._stream is None:
            return
        words = {
            "rule": finding.rule.value,
            "message": str.__str__(finding.message),
            "chinese": word(finding.message, Language.CHINESE),
            "wording": said_to_json(finding.message),
        }
        told = json.dumps({**asdict(finding), **words}, ensure_ascii=False, allow_nan=False)
        if finding.rule is Rule.JUMP:
            self._stream.write(f"{'' if self._is_first else ','}\n{told}")
            self._is_first = False
        else:
            self._later.write(f",\n{told}")

    def add_family(self, line: FamilyLine) -> None:
        """Keeps a line to be written after all findings."""
        if self._stream is not None:
            self._families.append(json.dumps(asdict(line), ensure_ascii=False, allow_nan=False))


@contextmanager
def write_beside(path: Path | None) -> Iterator[IO[str] | None]:
    """A new file beside `path`, renamed to it at the end; None for no path. After an error there is none of it.

    Text that UTF-8 cannot hold, of odd file names, is written as JSON escapes it.

    Raises:
        OutputError: it cannot be written.
    """
    if path is None:
        yield None
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
        beside.replace(path)
    except OSError as error:
        raise OutputError(say("system.cannot_write", path=path, why=tell_os_error(error))) from error
    finally:
        with suppress(OSError):
            beside.unlink()
