from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.reading.numbers import parse_annotated, parse_content, parse_number
from extractor.values.option import Content
from extractor.values.result import Kind


@given(st.integers(0, 10**9))
def test_whole_number_is_read_with_and_without_separators(number):
    for decimals in (False, True):
        assert parse_number(str(number), decimals=decimals) == number
        assert parse_number(f"{number:,}", decimals=decimals) == number


@given(st.integers(0, 10**8), st.text("0123456789", min_size=1, max_size=4))
def test_decimals_are_read_where_they_may_stand(whole, fraction):
    text = f"{whole}.{fraction}"
    assert parse_number(text, decimals=True) == float(text)
    if len(fraction) != 3:
        assert parse_number(text, decimals=False) is None


@given(st.text("0123456789.,-/—+", max_size=9))
def test_what_is_read_is_what_is_printed(text):
    value = parse_number(text, decimals=True)
    if value is not None:
        assert float(text.replace(",", "")) == value
        assert sum(c.isdigit() for c in text) > 0


@given(st.text(max_size=8))
def test_any_text_is_parsed_without_error(text):
    for decimals in (False, True):
        content = parse_content(text, decimals=decimals)
        assert content is None or (content.value is None) == (content.kind is not Kind.NUMBER)
        parse_annotated(text, decimals=decimals)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("+19", 19),
        ("-8", -8),
        ("11398889", 11398889),
        ("1,234,567", 1234567),
        ("1.234", 1234),  # a point before exactly three digits, where no decimals may stand
        ("12.345.678", 12345678),
    ],
)
def test_count_is_read(text, value):
    assert parse_number(text, decimals=False) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "12,34",
        "1234,567",
        "1.5",
        "007",
        "00",
        "1-2",
        "--1",
        "1/2",
        ".5",
        "5.",
        "1,",
        "٣",
        "O",
        "1e3",
    ],
)
def test_what_is_no_count_is_refused(text):
    assert parse_number(text, decimals=False) is None


@pytest.mark.parametrize("text", ["0,123", "0.123", "00,123", "+0,001"])
def test_leading_zero_before_a_separator_is_no_count(text):
    assert parse_number(text, decimals=False) is None


@pytest.mark.issue(26)
@pytest.mark.parametrize(
    "text", ["1" * 16, "9" * 400, "1" + ",000" * 200, "1." + "5" * 400, "1" + ".000" * 120]
)
def test_more_digits_than_a_number_can_tell_are_no_number(text):
    assert parse_number(text, decimals=False) is None
    assert parse_number(text, decimals=True) is None
    assert parse_annotated(f"{text}元", decimals=False) is None
    assert parse_number("1" * 15, decimals=False) == 111111111111111


@pytest.mark.parametrize(("text", "value"), [("59237.2449", 59237.2449), ("0.5", 0.5), ("1.234", 1.234)])
def test_amount_keeps_its_decimals(text, value):
    assert parse_number(text, decimals=True) == value


@pytest.mark.parametrize("text", ["-", "—", "–", "/", "／", "——", "― ―", "－"])
def test_stroke_is_a_dash(text):
    assert parse_content(text, decimals=False) == Content(Kind.DASH, None)


@pytest.mark.parametrize("text", ["", " ", "　"])
def test_nothing_is_blank(text):
    assert parse_content(text, decimals=False) == Content(Kind.BLANK, None)


def test_full_width_digits_are_read():
    assert parse_content("１２，３４５", decimals=False) == Content(Kind.NUMBER, 12345)


@pytest.mark.parametrize("text", ["件", "1件", "无", "1-", "/1", "a"])
def test_content_that_is_not_a_bare_number_is_none(text):
    assert parse_content(text, decimals=False) is None


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("22（其中修订16件）", 22, ""),
        ("22(其中修订16件)", 22, ""),
        ("251000元", 251000, "元"),
        ("25.1万元", 25.1, "万元"),
        ("3 件", 3, "件"),
        ("1,234人次", 1234, "人次"),
        ("５件（含结转）", 5, "件"),
        ("9.（含废止2件）", 9, ""),
        ("53 含联合发文11件)", 53, ""),
    ],
)
def test_number_with_unit_or_note_is_read(text, value, unit):
    assert parse_annotated(text, decimals=False) == Content(Kind.NUMBER, value, unit)


@pytest.mark.parametrize(
    "text",
    ["22", "件", "（其中修订16件）", "第3件", "1.5件", "3条例", "2025年", "007件", "5.", "3含2件", "5含(2)"],
)
def test_what_is_no_annotated_number_is_none(text):
    assert parse_annotated(text, decimals=False) is None


@pytest.mark.parametrize("text", ["-0", "+0", "-0.00"])
def test_signed_zero_is_a_speck_and_a_zero_nobody_printed(text):
    assert parse_number(text, decimals=True) is None


@pytest.mark.parametrize(("text", "value"), [("53含联合发文11件)", 53.0), ("221其中修订16件)", None)])
def test_a_note_without_its_bracket_is_none_where_that_may_be_a_digit(text, value):
    found = parse_annotated(text, decimals=False)
    assert (found and found.value) == value
