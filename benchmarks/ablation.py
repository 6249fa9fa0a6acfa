"""What arithmetic, the second reader and fitted confidence buy: python benchmarks/ablation.py FOLDER… [--jobs N].

Every document with truth is read once; its cells are then decoded in full, without the sums, without the second
reader, judged by hand instead of by the calibrator, and with the recogniser's scores as they are. For each way: how
many fields are right, how far confidence is from what it promises (expected calibration error), how many fields a
threshold chosen afterwards, with knowledge of the truth, can accept with at most 1 wrong in 10,000, and what the
program's own threshold accepts. Also the time joint decoding takes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from extractor.deciding.decoding import decode
from extractor.deciding.slot_decoding import decode_slots
from extractor.forms.definition import load_forms
from extractor.pipeline import read_pages
from extractor.reports import find_reports
from extractor.reread import read_report
from extractor.seams.calibrator import UNCALIBRATED, Judge
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.trust.features import measure
from extractor.trust.judging import tell_confidences
from extractor.values.decoded import Decoded
from models.calibration import load_judge
from workers.scoring.metrics import calibration_error, coverage_curve
from workers.scoring.truth import ScoredField

#: The ways compared, the program's own first.
WAYS = ("full", "no arithmetic", "no second reader", "no calibrator", "raw scores")
#: Wrong fields of 10,000 accepted ones that the threshold chosen afterwards allows.
_BUDGET = 1.0


@lru_cache(maxsize=1)
def _readers() -> Readers:
    from models.engines import load_readers

    return load_readers()


def measure_document(pdf: Path) -> tuple[dict[str, list[ScoredField]], list[float]]:
    """Confidence and outcome of every field of the truth by way; seconds of joint decoding, one per report."""
    readers = _readers()
    forms = load_forms(())
    truths = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))["reports"]
    found = []
    for run in find_reports(read_pages(pdf, readers, Options()), forms):
        _, printed = read_report(run, forms, readers)
        if printed is not None:
            found.append(printed.decoded)
    told: dict[str, list[ScoredField]] = defaultdict(list)
    seconds = []
    for place, truth in enumerate(truths):
        wanted = truth["fields"]
        if place >= len(found):
            for way in WAYS:
                told[way] += _score(None, {}, wanted, 1.0)
            continue
        full = found[place]
        tables = {slot.spec.id: slot.spec.table for slot in full.slots}
        start = time.perf_counter()
        decode(full.options, full.identities, tables)
        seconds.append(time.perf_counter() - start)
        ways = {
            "full": full,
            "no arithmetic": decode_slots(full.slots, [], full.pages, readers.second),
            "no second reader": decode_slots(full.slots, full.identities, full.pages, None),
        }
        for way, decoded in ways.items():
            told[way] += _tell(decoded, wanted, _judge())
        told["no calibrator"] += _tell(full, wanted, UNCALIBRATED)
        told["raw scores"] += _tell_raw(ways["no second reader"], wanted)
    return dict(told), seconds


@lru_cache(maxsize=1)
def _judge() -> Judge:
    return load_judge(_BUDGET)


def _tell(decoded: Decoded, wanted: Mapping[str, float | None], judge: Judge) -> list[ScoredField]:
    told = tell_confidences(decoded, measure(decoded), judge)
    by_field = {slot.spec.id: c for slot, c in zip(decoded.slots, told, strict=True)}
    return _score(decoded, by_field, wanted, judge.threshold)


def _tell_raw(decoded: Decoded, wanted: Mapping[str, float | None]) -> list[ScoredField]:
    """The likeliest reading of each cell by itself, its probability taken for confidence."""
    beliefs = {key: [option.probability for option in found] for key, found in decoded.options.items()}
    raw = {key: max(found, default=0.0) for key, found in beliefs.items()}
    return _score(replace(decoded, beliefs=beliefs), raw, wanted, UNCALIBRATED.threshold)


def _score(
    decoded: Decoded | None,
    confidences: Mapping[str, float],
    wanted: Mapping[str, float | None],
    threshold: float,
) -> list[ScoredField]:
    out = []
    for key, truth in wanted.items():
        best = decoded.best(key) if decoded is not None and key in decoded.beliefs else None
        confidence = confidences.get(key, 0.0) if best is not None else 0.0
        value = best.content.value if best is not None else None
        exact = best is not None and value == truth
        is_accepted = best is not None and confidence >= threshold
        out.append(ScoredField("", key, truth, value, "", exact, is_accepted, confidence, None, None))
    return out


def _describe(way: str, told: Sequence[ScoredField]) -> str:
    count = max(1, len(told))
    best = max((share for share, wrong in coverage_curve(told) if wrong <= _BUDGET), default=0.0)
    return (
        f"{way:17} {100 * sum(f.exact for f in told) / count:8.3f} {calibration_error(told):9.5f} {100 * best:10.2f}"
        f" {100 * sum(f.accepted for f in told) / count:9.2f} {sum(f.silent_error for f in told):6}"
    )


def main() -> int:
    """Prints the table of each folder and of all; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="folders of PDFs with truth files")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--limit", type=int, default=10**6, help="documents of a folder at most")
    arguments = parser.parse_args()
    everything: dict[str, list[ScoredField]] = defaultdict(list)
    seconds: list[float] = []
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as pool:
        for folder in arguments.folders:
            pdfs = sorted(t.with_name(t.name[:-11] + ".pdf") for t in folder.glob("*.truth.json"))
            mine: dict[str, list[ScoredField]] = defaultdict(list)
            for told, spent in pool.map(measure_document, pdfs[: arguments.limit]):
                seconds += spent
                for way, fields in told.items():
                    mine[way] += fields
                    everything[way] += fields
            _print_table(f"{folder.name}, {len(pdfs[: arguments.limit])} documents", mine)
    if len(arguments.folders) > 1:
        _print_table("all", everything)
    if seconds:
        sys.stdout.write(
            f"joint decoding: median {1000 * median(seconds):.1f} ms, slowest {1000 * max(seconds):.1f} ms"
            f" of {len(seconds)} reports\n"
        )
    return 0


def _print_table(title: str, told: Mapping[str, Sequence[ScoredField]]) -> None:
    count = len(told.get(WAYS[0], ()))
    sys.stdout.write(f"{title}, {count} fields\n{'':17}  exact %       ece  best at 1  accepted silent\n")
    sys.stdout.writelines(_describe(way, told[way]) + "\n" for way in WAYS if way in told)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
