"""Misreadings planted in results: of one that is corrected, which of the others are offered, and what that costs.

`python benchmarks/planted_twins.py RESULTS SCAN.pdf...`: RESULTS is what `extractor run` wrote of the scans (truth
beside each as .truth.json). In every report some figures that stand there three times and more are made to read
another one, all accepted but one, which a reviewer then corrects. Printed are how many of the others are offered, how
many fields that are right read the same and how many of these are offered, and milliseconds.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from extractor.forms.definition import load_forms
from extractor.output.result_json import result_to_json
from extractor.values.result import Field, FieldStatus, Kind, Result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.files.storage import read_result
from workers.service.reviewing.doubts import ReviewPlan, reading_of
from workers.service.reviewing.queue import open_review
from workers.service.running.work import summarise_result
from workers.service.service import Service, open_service
from workers.service.settings import read_settings

#: What a last digit is made to read, and how many figures of a report are.
_MISREAD = dict(zip("0123456789", "6773165230", strict=True))
_EACH = 3
_TIMES = 3


def plant(result: Result, truth: dict[str, Any]) -> Iterator[tuple[Result, str, str, set[str]]]:
    """Results with misreadings; with each the field to be corrected, what it prints, and the others."""
    [report, *others] = result.reports
    by_raw: dict[str, list[str]] = defaultdict(list)
    for field in report.fields:
        is_known = field.kind is Kind.NUMBER and field.value == truth["fields"].get(field.id)
        if field.status is FieldStatus.ACCEPTED and field.box is not None and is_known and field.value:
            by_raw[field.raw].append(field.id)
    for raw, [first, *rest] in [item for item in by_raw.items() if len(item[1]) >= _TIMES][:_EACH]:
        read = raw[:-1] + _MISREAD[raw[-1]]
        fields = tuple(_misread(item, read, first, {first, *rest}) for item in report.fields)
        yield replace(result, reports=(replace(report, fields=fields), *others)), first, raw, set(rest)


def _misread(field: Field, read: str, first: str, planted: set[str]) -> Field:
    if field.id not in planted:
        return field
    made = replace(field, raw=read, value=float(read.replace(",", "")))
    is_first = field.id == first
    return replace(made, confidence=0.6, status=FieldStatus.REVIEW, reasons=()) if is_first else made


def submit(client: TestClient, service: Service, scan: Path, result: Result, plan: ReviewPlan) -> str:
    """Has the scan be a job of its own that is done with this result; its id."""
    content = scan.read_bytes() + b"\n%" + os.urandom(4).hex().encode()
    answer = client.post("/v1/jobs", files={"file": (scan.name, content)}, data={"batch": "planted"})
    job = str(answer.json()["id"])
    claim = service.jobs.claim(job, "benchmark")
    blob = service.blobs.put(io.BytesIO(json.dumps(result_to_json(result)).encode()))
    assert claim is not None
    opened = summarise_result(result, blob.sha256)
    service.jobs.complete(claim, opened, lambda connection: open_review(connection, job, result, plan))
    return job


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("scans", type=Path, nargs="+")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="planted-"))
    service = open_service(
        read_settings(data=folder, broker_url="redis://127.0.0.1:1/0", engine="null", audit_share=0.0)
    )
    told: Counter[str] = Counter()
    milliseconds = []
    app = create_app(service, access=AccessPolicy(required=False))
    with TestClient(app, base_url="http://localhost") as client:
        plan = ReviewPlan(load_forms(), 0.0)
        for scan in arguments.scans:
            result = read_result(arguments.results / f"{scan.stem}.json")
            [truth, *more] = json.loads(scan.with_suffix(".truth.json").read_text("utf-8"))["reports"]
            if result is None or more or len(result.reports) != 1:
                continue
            for made, first, raw, rest in plant(result, truth):
                job = submit(client, service, scan, made, plan)
                fields = made.reports[0].fields
                read = next(reading_of(item) for item in fields if item.id == first)
                alike = {
                    i.id
                    for i in fields
                    if reading_of(i) == read and i.status is FieldStatus.ACCEPTED and i.box
                }
                address = f"/v1/jobs/{job}/fields/0/{first}"
                client.patch(address, json={"kind": "number", "raw": raw}, headers={"If-Match": "*"})
                began = time.perf_counter()
                twins = client.get(f"{address}/twins").json()
                milliseconds.append(1e3 * (time.perf_counter() - began))
                here = {item["field"] for item in twins["fields"] if item["job"] == job}
                told.update(corrected=1, planted=len(rest), offered=len(here & rest), right=len(alike - rest))
                told.update(right_offered=len(here - rest), compared=twins["compared"])
    service.close()
    sys.stdout.write(f"{dict(told)}\n")
    ordered = sorted(milliseconds)
    p90 = ordered[int(0.9 * len(ordered))]
    sys.stdout.write(f"milliseconds: median {statistics.median(ordered):.0f}, nine of ten under {p90:.0f}\n")


if __name__ == "__main__":
    main()
