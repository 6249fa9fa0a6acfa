"""Reports of one body over years, and the findings between them, by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.workers.reports import report, result
from workers.report.across import AcrossFinding, Rule
from workers.report.gather import Gathered, Knowledge, gather

MANY = "requests.new_received.total"


def of_year(year: int, organ: str = "某市公安局", **changed: dict[str, Any]) -> dict[str, Any]:
    return result(report(organ, year, **changed))


def gathered(
    payloads: Iterable[dict[str, Any]],
    aliases: Mapping[str, str] | None = None,
    known: Knowledge | None = None,
) -> Gathered:
    named = ((f"文档{number}", payload) for number, payload in enumerate(payloads, start=1))
    return gather(named, known or Knowledge(aliases or {}), None)


def found(rule: Rule, *payloads: dict[str, Any]) -> list[AcrossFinding]:
    return gathered(payloads).findings.get(rule, [])


def put(folder: Path, name: str, payload: dict[str, Any]) -> None:
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(payload, ensure_ascii=False), encoding="utf-8")
