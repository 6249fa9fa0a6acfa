"""Every reason a result can give is told in Chinese, in Python and in the page's script alike."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import extractor
from workers.shown.reasons import chinese_reasons, tell_reason

_CODE = Path(extractor.__file__).parent


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("reads 1 or blank", "可能是 1 或 空白"),
        ("reads 7, but unclearly", "像是 7，但不清楚"),
        ("does not add up: 12 + 3 ≠ 16", "合计不符：12 + 3 ≠ 16"),
        ("a second reader reads 17", "第二识别器读作 17"),
        ("something new", "something new"),
    ],
)
def test_reasons_are_told_in_chinese(reason, told):
    assert tell_reason(reason) == told


def test_no_reason_of_the_extractor_is_without_chinese():
    """Sentences in the modules that give reasons; a new one must be added to the catalogue."""
    said = set()
    for name in ("trust/judging.py", "deciding/slot_decoding.py", "matching/columns.py"):
        tree = ast.parse((_CODE / name).read_text("utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        said |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
        }
    # Pieces of a sentence, like ", but unclearly", stand in a pattern; whole ones are one.
    sentences = {text for text in said if len(re.findall("[a-z]+", text)) >= 2}
    assert len(sentences) >= 7
    known = [pattern for pattern, _ in chinese_reasons()[0]]
    assert {text for text in sentences if not any(text in pattern for pattern in known)} == set()
