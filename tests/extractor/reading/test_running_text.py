from __future__ import annotations

import pytest

from extractor.reading.running_text import is_running_text
from tests.extractor.printed import lay_out

_SENTENCES = [
    ["(二)", "依申请公开情况", "全年受理政府信息公开申请0件，", "均"],
    ["在法定期限内处理", "已办结2件", "全年发生因政府信息公开引起的", "复议"],
    ["行政复议4件，行政诉讼0件", "", "", ""],
    ["(三）政府信息管理。健全公文公开属性源头认定机制，", "", "", "落实"],
]
#: Rows of a form whose labels have marks: with figures, and with blanks.
_LABELS = [
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "1.申请人逾期不补正，不再处理",
    "规章；决定",
]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (_SENTENCES, True),
        ([*_SENTENCES, ["电话", "0703-4192496", "", ""]], True),
        ([*_SENTENCES, ["12", "3", "", ""], ["4", "", "", ""]], False),
        ([[label, "", ""] for label in _LABELS], False),
        ([[label, "3", "0"] for label in _LABELS], False),
        ([["本列数据的勾稽关系为：第一项加第二项，", "申请人情况"], ["之和，等于第三项", "自然人"]], False),
        ([["信息内容", "本年制发件数", "现行有效件数"]] * 3, False),
    ],
    ids=["sentences", "with a telephone", "with figures", "labels alone", "a form", "a corner", "a header"],
)
def test_sentences_whose_gaps_stand_below_each_other_are_no_table(rows, told):
    """Two paragraphs of a report were lost to such a table, with four facts."""
    assert is_running_text(lay_out(rows)) is told
