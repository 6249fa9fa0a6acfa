from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from extractor.values.result import Field, FieldStatus, Result, TextField
from tests.workers.report.series import MANY, found, gathered, of_year
from tests.workers.reports import field, report, result, with_fields
from workers.report.across import Rule
from workers.report.jumps import Jump, find_jump


def _total(raw: str, confidence: float = 0.999) -> dict[str, Field]:
    return {"requests__new_received__total": field(raw, confidence)}


def _carry(year: int, forward: str, over: str = "0", confidence: float = 0.999) -> Result:
    return of_year(
        year,
        requests__carried_forward__total=field(forward, confidence),
        requests__carried_over__total=field(over, confidence),
    )


def test_carried_forward_that_is_not_carried_over_is_found():
    (finding,) = found(Rule.CARRIED, _carry(2022, "5"), _carry(2023, "0", "7"))
    assert finding.years == (2022, 2023)
    assert finding.fields == ("requests.carried_forward.total", "requests.carried_over.total")
    assert "5 → 7" in finding.message
    assert [source.document for source in finding.documents] == ["文档1", "文档2"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_carry(2022, "5"), _carry(2023, "0", "5")),
        (_carry(2022, ""), _carry(2023, "0", "0")),
        (_carry(2022, "5"), _carry(2024, "0", "7")),
    ],
    ids=["equal", "blank is none", "a year lies between"],
)
def test_years_that_fit_raise_none(first, second):
    assert not gathered([first, second]).found


def test_blank_against_a_number_is_found():
    (finding,) = found(Rule.CARRIED, _carry(2022, "5"), _carry(2023, "0", "/"))
    assert "5 → 0" in finding.message


def test_what_is_in_doubt_raises_none_and_is_counted():
    told = gathered([_carry(2022, "5", confidence=0.5), _carry(2023, "0", "7")])
    assert not told.found
    assert told.compared.in_doubt[Rule.CARRIED] == 1


def test_reports_of_a_doubtful_year_raise_none():
    [sure] = _carry(2023, "0", "7").reports
    second = replace(sure, year=replace(sure.year, status=FieldStatus.REVIEW))
    assert not gathered([_carry(2022, "5"), result(second)]).found


@pytest.mark.parametrize(("now", "count"), [("12", 0), ("15", 1)])
def test_what_is_in_force_is_what_was_with_made_and_abolished(now, count):
    before = of_year(2022, disclosure__normative_documents__in_force=field("10"))
    after = of_year(
        2023,
        disclosure__normative_documents__issued=field("5"),
        disclosure__normative_documents__repealed=field("3"),
        disclosure__normative_documents__in_force=field(now),
    )
    findings = found(Rule.IN_FORCE, before, after)
    assert len(findings) == count
    assert all("10 + 5 − 3 = 12" in finding.message for finding in findings)


def test_two_reports_of_a_year_that_differ_name_the_fields():
    (finding,) = found(Rule.DUPLICATE, of_year(2023), of_year(2023, **_total("4")))
    assert finding.fields == (MANY,)


def test_equal_reports_and_copies_of_the_same_bytes_are_no_findings():
    copied = of_year(2023, **_total("4"))
    copied = replace(copied, source=replace(copied.source, duplicate_of="文档1"))
    told = gathered([of_year(2023), of_year(2023), copied])
    assert not told.found
    assert (told.tallies.documents, told.tallies.copies, told.tallies.reports) == (3, 1, 2)


def test_what_two_reports_of_a_year_dispute_is_compared_with_no_other_year():
    years = [_carry(2022, "5"), _carry(2022, "7"), _carry(2023, "0", "7")]
    assert not found(Rule.CARRIED, *years)


def test_a_lost_digit_is_found_with_values_documents_and_pages():
    years = [of_year(year, **_total(raw)) for year, raw in ((2021, "1250"), (2022, "125"), (2023, "1310"))]
    (finding,) = found(Rule.JUMP, *years)
    assert (finding.organ, finding.years, finding.fields) == ("某市公安局", (2022, 2021, 2023), (MANY,))
    assert "is 125 in 2022 and 1250 in 2021, 1310 in 2023" in finding.message
    assert [(source.document, source.page) for source in finding.documents] == [
        ("文档2", 1), ("文档1", 1), ("文档3", 1),
    ]  # fmt: skip


def test_a_jump_in_doubt_is_told_after_the_sure_ones_and_marked():
    here = [of_year(y, "甲局", **_total(raw)) for y, raw in ((2021, "999"), (2022, "99"), (2023, "998"))]
    years = ((2021, "5000", 1.0), (2022, "5", 0.5), (2023, "5001", 1.0))
    there = [of_year(y, "乙局", **_total(raw, sure)) for y, raw, sure in years]
    told = found(Rule.JUMP, *here, *there)
    assert [(finding.organ, finding.in_doubt) for finding in told] == [("甲局", False), ("乙局", True)]


def test_of_two_years_a_jump_is_told_once():
    assert len(found(Rule.JUMP, of_year(2022, **_total("125")), of_year(2023, **_total("1250")))) == 1


@pytest.mark.parametrize(
    ("value", "neighbours", "jump"),
    [
        (125, (1250, 1300), Jump.LOST),
        (12500, (1250, 1300), Jump.ADDED),
        (8125, (3125, 3000), Jump.CHANGED),
        (1.5, (15, 16), None),
        (15.5, (155, 160), Jump.POINT),
        (9000, (77, 81), Jump.TENFOLD),
        (7, (777, 801), Jump.TENFOLD),
        (128, (125, 130), None),
        (12, (1, 1), None),
        (0, (800, 900), None),
        (900, (80,), None),
        (100, (1000, 110), None),
        (500, (20, 9000), None),
    ],
)
def test_jumps(value, neighbours, jump):
    found_jump = find_jump(value, neighbours)
    assert (None if found_jump is None else found_jump[0]) is jump


@pytest.mark.slow
def test_many_reports_are_kept_small():
    one = report()

    def stream() -> Iterator[Result]:
        for number in range(2000):
            made = with_fields(one, {MANY: field(str(100 + number % 7))})
            year = TextField(2014 + number % 12, 1.0, FieldStatus.ACCEPTED)
            organ = TextField(f"第{number // 12}局", 1.0, FieldStatus.ACCEPTED)
            yield result(replace(made, year=year, organ=organ))

    gathered([result(one)])
    tracemalloc.start()
    try:
        told = gathered(stream())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told.tallies.reports == 2000
    # 200,000 reports at this rate stay below 300 MB.
    assert most < 3_000_000
