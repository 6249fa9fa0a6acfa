from __future__ import annotations

import pytest

from workers.shown.outcomes import describe_failure
from workers.shown.terminal import printable


def test_nothing_in_a_name_commands_the_terminal():
    assert printable("报告 a\x1b[31m\nb\u202e\udcb9.pdf") == "报告 a\\x1b[31m\\nb\\u202e\\udcb9.pdf"


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("x.pdf", "x.pdf: the file is empty", "failed: x.pdf: the file is empty"),
        ("sub/x.pdf", "sub/x.pdf: encrypted", "failed: sub/x.pdf: encrypted"),
        ("x.pdf", "in/x.pdf does not exist", "failed: in/x.pdf does not exist"),
        ("x.pdf", "not done after 3 s", "failed: x.pdf: not done after 3 s"),
        ("1", "1800 s were not enough", "failed: 1: 1800 s were not enough"),
        ("a\nb.pdf", "a\nb.pdf: encrypted", "failed: a\\nb.pdf: encrypted"),
    ],
)
def test_a_failure_names_its_document_once(name, reason, told):
    assert describe_failure(name, reason) == told
