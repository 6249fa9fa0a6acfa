"""Whether `extractor.read` gives a program what `extractor run` writes: every document of a folder, field by field.

`python benchmarks/read_equals_run.py FOLDER...` reads each PDF and picture twice, by the command and by the library,
and prints what differs; ends with 1 if anything does. Two minutes for fixtures/scans, with a processor to itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from workers.library.reading import read

_COMMAND = [sys.executable, "-c", "from workers.cli.start import main; main()"]
#: What two readings of the same document never share.
_TIMES = ("timing",)


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Places where two JSON values are not the same, outermost keys first."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if key not in one or key not in other:
                yield f"{place}/{key}"
            else:
                yield from differences(one[key], other[key], f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{place}/{number}")
    elif one != other:
        yield place


def compare(folder: Path, written: Path) -> tuple[int, int, int]:
    """Documents, fields and differences of what the command wrote and the library reads."""
    count = fields = odd = 0
    for path in sorted(folder.iterdir()):
        result = written / f"{path.stem}.json"
        if path.suffix == ".json" or not result.exists():
            continue
        told = json.loads(result.read_text(encoding="utf-8"))
        found = json.loads(json.dumps(read(path).to_dict()))
        for name in _TIMES:
            told.pop(name, None), found.pop(name, None)
        places = list(differences(told, found))
        size = sum(len(report["fields"]) for report in found["reports"])
        count, fields, odd = count + 1, fields + size, odd + len(places)
        sys.stdout.write(f"{path.name}: {size} fields, {len(places)} differences {places[:5] or ''}\n")
        sys.stdout.flush()
    return count, fields, odd


def main() -> None:
    """Reads, compares and prints."""
    totals = (0, 0, 0)
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as out:
            command = [*_COMMAND, "run", name, "--output", out, "--quiet", "--jobs", "1"]
            subprocess.run(command, cwd=Path(__file__).parents[1], check=False)
            found = compare(Path(name), Path(out))
        totals = tuple(map(sum, zip(totals, found, strict=True)))  # type: ignore[assignment]
    sys.stdout.write("{} documents, {} fields, {} differences\n".format(*totals))
    sys.exit(totals[2] > 0 or not totals[0])


if __name__ == "__main__":
    main()
