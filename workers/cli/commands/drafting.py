"""Drafts the form that specimens show, and reads them by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.drafting.looking_over import compare
from extractor.drafting.several import join_specimens
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import Form, parse_form
from extractor.values.result import Report
from extractor.wording.said import Said
from workers.reading.specimen import Specimen, read_specimens


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted form: the text of its file, and what it reads in each specimen; None where that is none of it.

    known: ids of forms that come along and read the first specimen already.
    """

    text: str
    form: Form
    reports: tuple[Report | None, ...]
    known: tuple[str, ...]


def draft_form(specimens: Sequence[Specimen], form_id: str) -> Draft:
    """A form for the tables on the pages of one or several documents.

    Raises:
        DocumentError: one shows no table with cells for figures.
    """
    tables = join_specimens([specimen.draft() for specimen in specimens])
    text = write_draft(form_id, ", ".join(specimen.name for specimen in specimens), tables)
    form = parse_form(text, specimens[0].name)
    known = tuple(name for name in specimens[0].known_forms() if name != form_id)
    return Draft(text, form, tuple(_read(specimen, form) for specimen in specimens), known)


def try_form(form: Form, path: Path, engine: str) -> tuple[Report | None, list[Said]]:
    """What a form reads in a specimen, None where that is none of it; and what the specimen shows besides.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    (specimen,) = read_specimens([path], engine)
    return _read(specimen, form), compare(form, specimen.draft())


def _read(specimen: Specimen, form: Form) -> Report | None:
    read = specimen.read_by(form)
    return None if read is None else read.report
