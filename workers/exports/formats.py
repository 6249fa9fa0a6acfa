"""Which formats a result can be exported to, by name; a further one is a line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.forms import Form
from workers.exports.xlsx import to_xlsx
from workers.storage import write_bytes

#: Result JSON and known forms → the file's content; the name is the file's suffix too.
FORMATS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Form]], bytes]] = {"xlsx": to_xlsx}


def parse_formats(told: str) -> tuple[str, ...]:
    """Names from a list with commas, each once; none from an empty text.

    Raises:
        UsageError: there is no such format.
    """
    names = tuple(dict.fromkeys(name.strip().lower() for name in told.split(",") if name.strip()))
    for name in names:
        if name not in FORMATS:
            raise UsageError(f"there is no export format {name!r}; there is {', '.join(sorted(FORMATS))}")
    return names


def write_exports(
    payload: Mapping[str, Any], target: Path, names: Iterable[str], forms: Mapping[str, Form]
) -> None:
    """Writes a result beside its JSON at `target`, once per format; what is newer than the JSON stays.

    Raises:
        OutputError: a file cannot be written.
    """
    for name in names:
        path = target.with_name(f"{target.name.removesuffix('.json')}.{name}")
        if not _is_newer(path, target):
            write_bytes(path, FORMATS[name](payload, forms))


def _is_newer(path: Path, than: Path) -> bool:
    try:
        return path.stat().st_mtime_ns >= than.stat().st_mtime_ns
    except OSError:
        return False
