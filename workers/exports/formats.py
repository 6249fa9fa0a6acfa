"""Which formats results can be exported to, by name; one more for single documents is a line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from extractor.forms.definition import Form
from extractor.seams.errors import UsageError
from extractor.values.result import Result
from extractor.wording.said import say
from workers.files.storage import write_bytes
from workers.shown.speech import spoken


def _to_xlsx(result: Result, forms: Mapping[str, Form]) -> bytes:
    # Imported by whoever writes one.
    from workers.exports.xlsx import to_xlsx

    return to_xlsx(result, forms, language=spoken())


#: Result and known forms → the file's content; the name is the file's suffix too.
FORMATS: Mapping[str, Callable[[Result, Mapping[str, Form]], bytes]] = {"xlsx": _to_xlsx}
#: What is made while a document is read, not from its result: a copy of it that can be searched, and that as PDF/A.
SEARCHABLE, ARCHIVAL = "pdf", "pdfa"
#: Formats of the dataset of all results (`workers.exports.dataset`).
DATASET_FORMATS = ("csv", "parquet")


def parse_formats(told: str) -> tuple[str, ...]:
    """Names from a list with commas, each once; none from an empty text.

    Raises:
        UsageError: there is no such format.
    """
    names = split_formats(told)
    known = sorted((*FORMATS, SEARCHABLE, ARCHIVAL, *DATASET_FORMATS))
    for name in names:
        if name not in known:
            raise UsageError(say("messages.options.no_export", name=name, known=", ".join(known)))
    return names


def split_formats(told: str) -> tuple[str, ...]:
    """Names from a list with commas, in small letters, each once; whether there is such a format is not asked."""
    return tuple(dict.fromkeys(name.strip().lower() for name in told.split(",") if name.strip()))


def write_exports(result: Result, target: Path, names: Iterable[str], forms: Mapping[str, Form]) -> None:
    """Writes a result beside its JSON at `target`, once per format.

    Formats of the dataset, which is of all results, are left to it.

    Raises:
        OutputError: a file cannot be written.
    """
    for name in (name for name in names if name in FORMATS):
        write_bytes(beside(target, name), FORMATS[name](result, forms))


def asks_for_copies(names: Iterable[str]) -> bool:
    """Whether searchable copies, of either kind, are among the formats."""
    return not {SEARCHABLE, ARCHIVAL}.isdisjoint(names)


def beside(target: Path, name: str) -> Path:
    """Where a format of the result at `target` is written."""
    return target.with_name(f"{target.name.removesuffix('.json')}.{name}")


def is_newer(path: Path, than: Path) -> bool:
    """Whether there is a file that was not written before the other."""
    try:
        return path.stat().st_mtime_ns >= than.stat().st_mtime_ns
    except OSError:
        return False
