"""What a form reads in its specimens, as the page shows it: boxes for its rows and fields, sums, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from extractor.deciding.rounding import find_slack
from extractor.drafting.looking_over import compare, look_over
from extractor.drafting.tables import DraftTable
from extractor.forms.check import check_form_text, read_parts
from extractor.forms.definition import Form, Identity, parse_form
from extractor.forms.meaning import OPEN
from extractor.forms.yaml_text import Path
from extractor.output.sentences import tell_finding, tell_reason
from extractor.values.result import Field, FieldStatus, Report
from extractor.wording.catalogue import Language
from extractor.wording.said import word
from workers.reading.specimen import ReadBack, Specimen

#: Sums that are written out of those that one is spread over.
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class LaidOver:
    """A form's file and what it reads.

    text: the file's. data: of one with faults too, where only names are wrong. problems: its faults, line and
    column from 1. read: of each specimen what the form reads in it, None for nothing; empty where the file has
    faults. looks: what is odd, without being a fault.
    """

    text: str
    data: Mapping[str, Any] | None
    form: Form | None
    problems: tuple[tuple[int, int, str], ...]
    read: tuple[ReadBack | None, ...] = ()
    looks: tuple[str, ...] = ()

    @property
    def revision(self) -> str:
        """Of the text, so that nobody changes what they have not seen."""
        return sha256(self.text.encode()).hexdigest()[:16]


def lay_over(text: str, specimens: Sequence[Specimen], drafts: Sequence[Sequence[DraftTable]]) -> LaidOver:
    """Reads the specimens by the form of a file's text. drafts: the tables of each specimen, as they are drafted."""
    data, problems = check_form_text(text)
    told = tuple((one.line, one.column, one.message) for one in problems)
    if data is None:
        return LaidOver(text, read_parts(text), None, told)
    form = parse_form(text, "")
    looks = [*look_over(form), *(look for tables in drafts for look in compare(form, tables))]
    read = tuple(specimen.read_by(form) for specimen in specimens)
    return LaidOver(text, data, form, told, read, tuple(dict.fromkeys(map(str, looks))))


def describe(laid: LaidOver, language: Language) -> dict[str, Any]:
    """All of it as JSON, sentences in a language; boxes in points of the page, `specimen` counts from 0."""
    problems = [{"line": n, "column": c, "told": word(said, language)} for n, c, said in laid.problems]
    told: dict[str, Any] = {
        "revision": laid.revision,
        "text": laid.text,
        "form": laid.data,
        "problems": problems,
    }
    told["looks"] = [word(look, language) for look in laid.looks]
    told["rows"], told["fields"], told["findings"] = [], [], []
    for place, read in enumerate(laid.read):
        if read is None or laid.data is None:
            continue
        told["rows"] += [row | {"specimen": place} for row in _list_rows(read, laid.data)]
        told["fields"] += [_tell_field(one, language) | {"specimen": place} for one in read.report.fields]
        told["findings"] += [tell_finding(finding, language) for finding in read.report.findings]
    told["sums"] = _tell_sums(laid) if laid.data is not None else []
    told["counts"] = [_count(read) for read in laid.read]
    return told


def list_labels(laid: LaidOver, path: Path) -> list[str]:
    """The labels of the rows that the first specimen prints in a block of open rows; none where no block is there."""
    if laid.data is None or not laid.read or laid.read[0] is None:
        return []
    fields: dict[Path, str] = {
        ("tables", t, "blocks", b): block["field"]
        for t, table in enumerate(laid.data["tables"])
        for b, block in enumerate(table["blocks"])
    }
    return [row.label for row in laid.read[0].printed.open_rows if row.field == fields.get(path)]


def _list_rows(read: ReadBack, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Where the form's rows are printed, by their place in the file; rows that it leaves open by their block."""
    pages = {page.page_no: page for page in read.printed.pages}
    places = {
        (table["id"], block["field"], row.get("id"), row["label"]): ["tables", t, "blocks", b, "rows", r]
        for t, table in enumerate(data["tables"])
        for b, block in enumerate(table["blocks"])
        for r, row in enumerate(block["rows"] if block["rows"] != OPEN else [])
    }
    opened = {
        (table["id"], block["field"]): ["tables", t, "blocks", b]
        for t, table in enumerate(data["tables"])
        for b, block in enumerate(table["blocks"])
        if block["rows"] == OPEN
    }
    for match in (one for table in read.printed.matches for one in table.matches):
        target, printed = match.target, match.printed
        if target.row is None:
            continue
        own = target.table.id, target.block.field
        path = opened.get(own) or places.get((*own, target.row.id, target.row.label))
        if path is not None:
            box = pages[printed.page_no].to_points(printed.box)
            yield {
                "path": path,
                "page": printed.page_no,
                "bbox": [box.left, box.top, box.right, box.bottom],
                "label": printed.label,
                "sure": match.name.is_sure,
            }


def _tell_field(field: Field, language: Language) -> dict[str, Any]:
    box = field.box
    return {
        "id": field.id,
        "raw": field.raw,
        "kind": field.kind.value,
        "status": field.status.value,
        "page": field.page_no,
        "bbox": None if box is None else [box.left, box.top, box.right, box.bottom],
        "why": [tell_reason(reason, language) for reason in field.reasons],
    }


def _count(read: ReadBack | None) -> dict[str, int]:
    fields = () if read is None else read.report.fields
    return {"fields": len(fields), "sure": sum(one.status is FieldStatus.ACCEPTED for one in fields)}


def _tell_sums(laid: LaidOver) -> list[dict[str, Any]]:
    """Of every sum as it is written how many of those it is spread over hold in the specimens, and their figures."""
    out = []
    for place, item in enumerate((laid.data or {}).get("identities", ())):
        judged = [
            told
            for read in laid.read
            if read is not None
            for identity in read.printed.form.identities
            if _is_of(identity, item) and (told := _judge(identity, read.report)) is not None
        ]
        holding = [shown for holds, shown in judged if holds]
        failing = [shown for holds, shown in judged if not holds]
        shown = [*failing, *holding][:_SHOWN]
        out.append(
            {
                "path": ["identities", place],
                "holding": len(holding),
                "count": len(judged),
                "shown": shown,
            }
        )
    return out


def _is_of(identity: Identity, item: Mapping[str, Any]) -> bool:
    """Whether a sum is one of those that one of the file's is spread over."""
    pairs = (
        (identity.id, item["id"]),
        (identity.left[0], item["left"][0]),
        (identity.right[0], item["right"][0]),
    )
    return all(_make_pattern(pattern).fullmatch(name) for name, pattern in pairs)


@lru_cache(maxsize=4096)
def _make_pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(?:row|column)\\\}", ".+", re.escape(text)))


def _judge(identity: Identity, report: Report) -> tuple[bool, str] | None:
    """Whether a sum holds in a report, and its figures; None where nothing of one side is printed."""
    values = report.by_id
    sides = [[values[name] for name in side if name in values] for side in (identity.left, identity.right)]
    if any(all(one.value is None for one in side) for side in sides):
        return None
    left, right = (sum(one.value or 0.0 for one in side) for side in sides)
    printed = [[one.raw for one in side if one.value] for side in sides]
    shown = " = ".join(" + ".join(side) or "0" for side in printed)
    return abs(left - right) <= 1e-6 + find_slack(*printed), shown
