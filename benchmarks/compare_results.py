"""Whether two result folders say the same, document by document and field by field.

`python benchmarks/compare_results.py BEFORE AFTER` prints every difference and ends with "N differ": documents that
only one folder has, and every path of the result JSON but those that may differ between two runs of the same code
(`timing`, `engine`) and those that a change adds (named with --added). Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What two runs of the same code need not share.
_OWN = ("timing", "engine")
#: Differences printed in full; the rest are only counted.
_SHOWN = 40


def main() -> int:
    """Compares two folders; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--added", default="", help="keys that only `after` has, separated by commas")
    options = parser.parse_args()
    added = frozenset(filter(None, options.added.split(",")))
    names = [
        {path.relative_to(f).as_posix() for path in f.rglob("*.json")}
        for f in (options.before, options.after)
    ]
    found = [(name, "document", "only in one folder") for name in sorted(names[0] ^ names[1])]
    fields = 0
    for name in sorted(names[0] & names[1]):
        before, after = (json.loads((f / name).read_text("utf-8")) for f in (options.before, options.after))
        fields += sum(len(report["fields"]) for report in before.get("reports", []))
        found += [(name, *difference) for difference in differences(before, after, added=added)]
    for name, path, what in found[:_SHOWN]:
        sys.stdout.write(f"{name}: {path}: {what}\n")
    kinds = Counter(path.rpartition(".")[2] for _, path, _ in found)
    sys.stdout.write(
        f"{len(names[0] & names[1])} documents, {fields} fields: {len(found)} differ {dict(kinds) or ''}\n"
    )
    return 1 if found else 0


def differences(
    before: object, after: object, path: str = "", *, added: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Paths at which two values of JSON differ, and how."""
    if isinstance(before, dict) and isinstance(after, dict):
        left_out = _OWN if not path else ()
        for key in sorted((before.keys() | after.keys()) - set(left_out)):
            if key in added and key not in before:
                continue
            yield from _compare_key(before, after, key, path, added)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{path}[{place}]", added=added)
    elif before != after:
        yield path, f"{_short(before)} → {_short(after)}"


def _compare_key(
    before: dict[str, Any], after: dict[str, Any], key: str, path: str, added: frozenset[str]
) -> Iterator[tuple[str, str]]:
    where = f"{path}.{key}" if path else key
    if key not in before or key not in after:
        yield where, f"only in {'before' if key in before else 'after'}"
        return
    yield from differences(before[key], after[key], where, added=added)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


if __name__ == "__main__":
    sys.exit(main())
