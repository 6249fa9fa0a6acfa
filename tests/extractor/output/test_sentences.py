"""Every code is worded in every language, with the parameters it is given."""

from __future__ import annotations

import pytest

from extractor.output.sentences import find_reason, parameter_from_json, tell_finding, tell_reason
from extractor.values.reason import FindingCode, Reason, ReasonCode, Trouble
from extractor.values.result import Finding
from extractor.wording.catalogue import Language, list_keys

_CHINESE = Language.CHINESE
#: What each code that takes parameters is given; a reason and a finding may have the same code.
_OF_REASONS = {
    ReasonCode.READS_EITHER: {"readings": ("1", "")},
    ReasonCode.READS_UNCLEARLY: {"reading": "7"},
    ReasonCode.SECOND_READER: {"text": "17"},
    ReasonCode.SUM_BROKEN: {"left": (12.0, 0.0, 3.0), "right": (16.0,)},
    ReasonCode.COLUMN_MISSING: {"column": "年末数"},
    ReasonCode.TOLD: {"sentence": "something else"},
}
_OF_FINDINGS = {
    FindingCode.SUM_BROKEN: {"identity": "总计", "left": (1.0, 2.0), "right": (4.0,)},
    FindingCode.PROSE_DIFFERS: {
        "fact": "requests.received", "prose_page": 1, "said": 9.0, "table_page": None, "printed": 8.0,
        "sentence": "收到9件",
    },
    FindingCode.YEAR_DIFFERS: {"year": 2024, "prose_page": 1, "said": 2023, "sentence": "2023年"},
    FindingCode.MIXED_FORMS: {"table": "a", "printed_as": "b", "form": "c"},
    FindingCode.ROWS_MISSING: {"table": "a", "count": 3},
    FindingCode.TABLE_MISSING: {"table": "a"},
    FindingCode.TABLE_REPEATED: {"table": "a", "table_page": 2},
    FindingCode.UNIT_DIFFERS: {"table": "a", "form": "万元"},
    FindingCode.UNKNOWN_ROW: {"label": "教育支出", "page": 2, "figures": ("1", "2")},
    FindingCode.UNKNOWN_COLUMN: {"words": "本月数", "place": 2, "table": "a", "table_page": 1},
    FindingCode.COLUMN_MISSING: {"table": "a", "column": "年末数", "count": 3},
    FindingCode.TOLD: {"sentence": "something else"},
}  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_has_a_sentence(code, language):
    told = tell_reason(Reason(code, _OF_REASONS.get(code, {})), language)
    assert told
    assert "{" not in told


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", list(FindingCode))
def test_every_finding_has_a_sentence(code, language):
    told = tell_finding(Finding("r", "form", "info", code, _OF_FINDINGS[code]), language)
    assert told
    assert "{" not in told


def test_no_sentence_is_left_without_a_code():
    codes = {f"results.reasons.{code}" for code in ReasonCode} | {
        f"results.findings.{code}" for code in FindingCode
    }
    assert {key for key in list_keys("results") if not key.startswith("results.words.")} == codes


@pytest.mark.parametrize(
    ("code", "english", "chinese"),
    [
        (ReasonCode.READS_EITHER, "reads 1 or blank", "可能是 1 或 空白"),
        (ReasonCode.READS_UNCLEARLY, "reads 7, but unclearly", "像是 7，但不清楚"),
        (ReasonCode.SUM_BROKEN, "does not add up: 12 + 3 ≠ 16", "合计不符：12 + 3 ≠ 16"),
        (ReasonCode.SECOND_READER, "a second reader reads 17", "第二识别器读作 17"),
    ],
)
def test_parameters_are_told_as_a_person_writes_them(code, english, chinese):
    reason = Reason(code, _OF_REASONS[code])
    assert (tell_reason(reason), tell_reason(reason, _CHINESE)) == (english, chinese)


def test_a_side_of_nothing_but_noughts_is_nought_and_large_amounts_keep_their_digits():
    reason = Reason(ReasonCode.SUM_BROKEN, {"left": (0.0, 0.0), "right": (12345678.5,)})
    assert tell_reason(reason) == "does not add up: 0 ≠ 12345678.5"


def test_a_finding_tells_what_its_sums_come_to_and_where_no_page_is_known():
    broken = Finding(
        "r", "arithmetic", "warning", FindingCode.SUM_BROKEN, _OF_FINDINGS[FindingCode.SUM_BROKEN]
    )
    assert tell_finding(broken) == "总计: 1 + 2 = 3 ≠ 4"
    prose = Finding(
        "r", "prose", "warning", FindingCode.PROSE_DIFFERS, _OF_FINDINGS[FindingCode.PROSE_DIFFERS]
    )
    assert "the table on no page 8" in tell_finding(prose)


def test_every_trouble_of_a_cell_is_a_reason():
    assert {ReasonCode(trouble.value) for trouble in Trouble}


@pytest.mark.parametrize("code", [code for code in ReasonCode if code is not ReasonCode.TOLD])
def test_a_reason_is_found_again_by_its_english_sentence(code):
    """Results from before codes are told in Chinese too."""
    reason = Reason(code, _OF_REASONS.get(code, {}))
    assert tell_reason(find_reason(tell_reason(reason)), _CHINESE) == tell_reason(reason, _CHINESE)


@pytest.mark.parametrize(
    "told", ["", "something new", "reads", "does not add up: a ≠ 4", "does not add up: 1 + ≠ 4"]
)
def test_what_no_reason_says_is_none(told):
    assert find_reason(told) is None


@pytest.mark.parametrize("value", [True, {"a": 1}, ["x", 2], [None], [[1]]])
def test_what_is_no_parameter_is_refused(value):
    with pytest.raises(TypeError):
        parameter_from_json(value)
