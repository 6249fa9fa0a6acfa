"""What becomes of totals that are printed wrong: python benchmarks/printed_errors.py OUTDIR TRUTHDIR.

For the generated documents of TRUTHDIR into which wrong totals were planted, and their results in OUTDIR: how many of
these totals came back as printed, how many a finding names, and how many were accepted with another value.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any


def count_planted(truth: dict[str, Any], result: dict[str, Any] | None) -> Counter[str]:
    """Planted totals of a document: all, come back as printed, named by a finding, silent errors, in review."""
    planted = truth["generator"]["reports"]
    counts: Counter[str] = Counter()
    for place, (spec, report) in enumerate(zip(planted, truth["reports"], strict=True)):
        found = result["reports"][place] if result and place < len(result["reports"]) else None
        fields = found["fields"] if found else {}
        named = {
            key
            for finding in (found["findings"] if found else ())
            if finding["kind"] == "arithmetic"
            for key in finding["fields"]
        }
        for key in spec["planted"]:
            field = fields.get(key, {})
            is_right = "value" in field and field["value"] == report["fields"][key]
            counts["planted"] += 1
            counts["as printed"] += is_right
            counts["found"] += key in named
            counts["silent"] += field.get("status") == "accepted" and not is_right
            counts["in review"] += field.get("status") == "review"
    return counts


def main() -> int:
    """Prints the counts of all documents; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("truths", type=Path)
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    for path in sorted(arguments.truths.glob("*.truth.json")):
        result = arguments.results / (path.name[:-11] + ".json")
        told = json.loads(result.read_text(encoding="utf-8")) if result.exists() else None
        counts = count_planted(json.loads(path.read_text(encoding="utf-8")), told)
        total += counts
        if counts["as printed"] < counts["planted"] or counts["found"] < counts["planted"]:
            sys.stdout.write(f"{path.name[:-11]}: {dict(counts)}\n")
    sys.stdout.write(f"all: {dict(total)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
