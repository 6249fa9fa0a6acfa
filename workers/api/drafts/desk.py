"""A form's file on its way to what its maker means: one correction after the other, each of which can be taken back.

The file is what counts. It is read anew each time, so that it can be worked on in an editor beside the page.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pypdfium2

from extractor.forms.definition import read_form_file
from extractor.forms.yaml_text import FormTextError
from extractor.seams.errors import DocumentError, UsageError
from extractor.wording.said import say
from workers.api.drafts.editing import Act, Edit, edit_text
from workers.api.drafts.laid_over import LaidOver, lay_over, list_labels
from workers.api.web.errors import ProblemError
from workers.files.storage import write_bytes
from workers.reading.specimen import Specimen

#: Dots per inch of the pictures of pages, and the longest side of one in pixels.
_DPI, _MOST = 130, 2600
#: Corrections that can be taken back.
_KEPT = 200


class DraftDesk:
    """The file of a form and its specimens; one thing is done at a time."""

    def __init__(self, path: Path, specimens: Sequence[Specimen]) -> None:
        self.path, self.specimens = path, specimens
        self._lock = threading.Lock()
        self._drafts = [_draft(specimen) for specimen in specimens]
        self._before: list[str] = []
        self._was_changed = False
        self._laid: LaidOver | None = None
        self._pictures: dict[tuple[int, int], bytes] = {}

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    def show(self) -> LaidOver:
        """What the form reads as its file is now. Raises UsageError where that cannot be read."""
        with self._lock:
            return self._read()

    def edit(self, edit: Edit, revision: str) -> LaidOver:
        """Makes a correction and writes the file. revision: of the text it was made in.

        Raises:
            ProblemError: the text is another by now (409), or the correction cannot be made (422).
            UsageError, OutputError: the file cannot be read or written.
        """
        with self._lock:
            laid = self._check(revision)
            if edit.act is Act.OPEN and edit.value is None:
                edit = Edit(edit.act, edit.path, list_labels(laid, edit.path))
            try:
                text = edit_text(laid.text, edit)
            except FormTextError as error:
                raise ProblemError(422, "not_yaml", str(error)) from error
            if text == laid.text:
                return laid
            self._write(text)
            self._before = [*self._before[-_KEPT + 1 :], laid.text]
            return self._lay(text)

    def undo(self, revision: str) -> LaidOver:
        """Takes the last correction back. Raises as `edit`."""
        with self._lock:
            self._check(revision)
            if not self._before:
                why = "changed_since" if self._was_changed else "nothing_to_undo"
                raise UsageError(say(f"messages.drafts.{why}"))
            text = self._before[-1]
            self._write(text)
            self._before.pop()
            return self._lay(text)

    def draw(self, specimen: int, page_no: int) -> bytes:
        """A page of a specimen as a PNG. Raises ProblemError where there is none."""
        with self._lock:
            key = specimen, page_no
            if key not in self._pictures:
                self._pictures[key] = _draw(self.specimens[specimen].pdf, page_no)
            return self._pictures[key]

    def _check(self, revision: str) -> LaidOver:
        laid = self._read()
        if laid.revision != revision:
            self._forget()
            raise ProblemError(409, "changed", str(say("messages.drafts.changed")))
        return laid

    def _read(self) -> LaidOver:
        text = read_form_file(self.path)
        if self._laid is not None and self._laid.text == text:
            return self._laid
        if self._laid is not None:
            self._forget()
        return self._lay(text)

    def _lay(self, text: str) -> LaidOver:
        self._laid = lay_over(text, self.specimens, self._drafts)
        return self._laid

    def _forget(self) -> None:
        """What was kept to be taken back is of another text than somebody else wrote since."""
        self._was_changed = bool(self._before) or self._was_changed
        self._before.clear()

    def _write(self, text: str) -> None:
        # Of a link what it leads to is written: it stays a link.
        write_bytes(self.path.resolve(), text.encode("utf-8"))


def _draft(specimen: Specimen) -> tuple:  # type: ignore[type-arg]
    try:
        return specimen.draft()
    except DocumentError:
        # A specimen without a table that could be drafted may still show one that a form knows.
        return ()


def _draw(pdf: bytes, page_no: int) -> bytes:
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[page_no - 1]
        scale = min(_DPI / 72, _MOST / max(page.get_size()))
        out = BytesIO()
        page.render(scale=scale).to_pil().save(out, "PNG")
    finally:
        document.close()
    return out.getvalue()
