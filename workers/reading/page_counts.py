"""How many pages documents have, asked of a process of its own: a stranger's file is opened nowhere else.

`python -m workers.reading.page_counts PARENT` takes a path a line on stdin and answers with a number each, or with a
question mark where it cannot know.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

from workers.reading.apart import end_apart, start_apart

#: Seconds for one document: PDFium tells the pages of 500 in a tenth of one.
_PATIENCE = 5.0
#: Bytes that the process may reserve; PDFium reads a file where it lies.
_MEMORY = 2 << 30
_FILE_BYTES = 0
_UNKNOWN = b"?"
#: PDFium's code of a document that needs a password.
_PASSWORD = 4


class PageCounter:
    """Counts pages; a context that ends the process it asks."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PageCounter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def count(self, path: Path) -> int | None:
        """Pages of a document; 0 where it cannot be opened, None where nobody can tell."""
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(str(path)).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], _PATIENCE)
            answer = process.stdout.readline() if ready else b""
        except OSError:
            answer = b""
        if answer.strip() == _UNKNOWN:
            return None
        if answer.strip().isdigit():
            return int(answer)
        self._end()
        return None

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = start_apart(__name__, stderr=subprocess.DEVNULL)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        end_apart(process)


def _count(path: Path) -> int | None:
    """As `PageCounter.count`; None for one under a password, and for what LibreOffice would make pages of."""
    import pypdfium2 as pdfium
    from PIL import Image

    from extractor.scan.office import HEAD, tell_office_kind
    from extractor.scan.pictures import is_document, tell_kind

    try:
        with path.open("rb") as stream:
            if tell_office_kind(stream) is not None:
                return None
            stream.seek(0)
            head = stream.read(HEAD)
        if not is_document(head):
            return 0
        is_picture = bool(tell_kind(head[:16]))
        if is_picture:
            with Image.open(path) as picture:
                return int(getattr(picture, "n_frames", 1))
        pdf = pdfium.PdfDocument(path)
        try:
            return len(pdf)
        finally:
            pdf.close()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it is told by whoever reads it
        return None if getattr(error, "err_code", None) == _PASSWORD else 0


def _serve(parent: int) -> None:
    import resource

    from workers.reading import sandbox
    from workers.reading.lifeline import die_with_parent

    sandbox.enter()
    die_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # Loaded before the guards stand, as whatever reads documents is.
    _count(Path(os.devnull))
    sandbox.lock(_FILE_BYTES)
    for line in sys.stdin:
        count = _count(Path(json.loads(line)))
        sys.stdout.write(f"{_UNKNOWN.decode() if count is None else count}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
