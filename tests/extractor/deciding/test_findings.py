from __future__ import annotations

import pytest

from extractor.deciding.findings import check_identities, leave_out_unfilled
from extractor.forms.definition import Identity
from extractor.output.sentences import tell_finding
from extractor.values.reason import FindingCode
from extractor.values.result import Field, FieldStatus, Kind

_SUM = Identity("sum", "总计", ("a", "b"), ("t",))


def field(id_, value, kind=None):
    kind = kind or (Kind.BLANK if value is None else Kind.NUMBER)
    return Field(id_, value, "", kind, 1.0, FieldStatus.ACCEPTED)


def check(a, b, total):
    fields = {"a": a, "b": b, "t": total}
    return check_identities(fields, [_SUM])


def test_sum_that_holds_is_no_finding():
    assert check(field("a", 3.0), field("b", 4.0), field("t", 7.0)) == []


def test_broken_sum_names_its_fields_and_figures():
    (found,) = check(field("a", 3.0), field("b", 4.0), field("t", 8.0))
    assert (found.rule, found.kind, found.fields) == ("sum", "arithmetic", ("a", "b", "t"))
    assert "3 + 4 = 7 ≠ 8" in tell_finding(found)
    assert (found.code, found.parameters["left"]) == (FindingCode.SUM_BROKEN, (3.0, 4.0))


def test_zero_total_beside_parts_is_a_finding():
    assert len(check(field("a", 3.0), field("b", 0.0), field("t", 0.0))) == 1


@pytest.mark.parametrize("kind", [Kind.BLANK, Kind.DASH])
def test_blank_and_dash_count_nothing(kind):
    assert check(field("a", 7.0), field("b", None, kind), field("t", 7.0)) == []
    assert len(check(field("a", 6.0), field("b", None, kind), field("t", 7.0))) == 1


def test_total_left_blank_is_not_judged():
    assert check(field("a", 3.0), field("b", 4.0), field("t", None)) == []


@pytest.mark.parametrize("kind", [Kind.BLANK, Kind.DASH])
@pytest.mark.parametrize(("empty", "found"), [(1, 1), (2, 2), (3, 0), (6, 0)])
def test_a_lone_total_left_empty_among_printed_ones_is_a_finding(kind, empty, found):
    """Six rows: where several totals are left empty they were not asked for."""
    fields = {f"{part}{i}": field(f"{part}{i}", 2.0) for i in range(6) for part in "ab"}
    totals = {f"t{i}": field(f"t{i}", None, kind) if i < empty else field(f"t{i}", 4.0) for i in range(6)}
    told = check_identities(fields | totals, sums(6))
    assert [item.rule for item in told] == [f"sum.{i}" for i in range(found)]


@pytest.mark.parametrize("kind", [Kind.UNREADABLE, Kind.MISSING])
def test_sum_with_an_unread_field_is_not_judged(kind):
    assert check(field("a", 3.0), field("b", None, kind), field("t", 9.0)) == []


def test_sum_over_absent_fields_is_not_judged():
    assert check_identities({"a": field("a", 1.0)}, [_SUM]) == []


def test_decimals_are_summed_without_rounding_noise():
    assert check(field("a", 0.1), field("b", 0.2), field("t", 0.3)) == []


def sums(count):
    """As many totals over two parts each, all of one sort."""
    return [Identity(f"sum.{i}", "总计", (f"a{i}", f"b{i}"), (f"t{i}",), "a + b = t") for i in range(count)]


def kinds(count, part, total=Kind.NUMBER):
    return {f"{key}{i}": total if key == "t" else part for i in range(count) for key in "abt"}


def test_totals_whose_parts_were_not_asked_for_are_left_out():
    assert leave_out_unfilled(sums(3), kinds(3, Kind.BLANK)) == []


def test_a_lone_total_beside_empty_parts_is_still_judged():
    identities = sums(3)
    some = {**kinds(3, Kind.NUMBER), "a1": Kind.BLANK, "b1": Kind.BLANK}
    assert leave_out_unfilled(identities, some) == identities


@pytest.mark.parametrize(
    ("part", "total"), [(Kind.DASH, Kind.NUMBER), (Kind.BLANK, Kind.BLANK), (None, Kind.NUMBER)]
)
def test_only_blanks_beside_figures_say_that_a_breakdown_was_left_out(part, total):
    assert len(leave_out_unfilled(sums(4), kinds(4, part, total))) == 4


@pytest.mark.parametrize(("others", "found"), [(2, 1), (1, 0)])
def test_a_lone_total_of_a_form_that_has_one_of_each_sort_is_judged_beside_the_others(others, found):
    """The form of 2014: received, closed, answered ... are sums of their own, most of them printed."""
    identities = [Identity(f"sum.{i}", f"sum {i}", (f"a{i}", f"b{i}"), (f"t{i}",)) for i in range(others + 1)]
    fields = {f"{part}{i}": field(f"{part}{i}", 2.0) for i in range(others + 1) for part in "ab"}
    totals = {f"t{i}": field(f"t{i}", 4.0) for i in range(1, others + 1)} | {
        "t0": field("t0", None, Kind.DASH)
    }
    told = check_identities(fields | totals, identities)
    assert [item.rule for item in told] == ["sum.0"] * found
