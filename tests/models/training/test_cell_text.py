"""What crops are called when the reader of cells is trained."""

from __future__ import annotations

import pytest

from models.training.cell_text import LIKE_SYMBOLS, OTHER, to_labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1,234.5", "1,234.5"),
        ("１２", "12"),
        ("－3", "-3"),
        ("—", "—"),
        ("——", "—"),
        ("–", "—"),
        ("12 件", f"12{OTHER}"),
        ("（一）", OTHER * 3),
        ("", ""),
        ("12③", f"12{OTHER}"),
    ],
)
def test_glyphs_that_are_no_numeric_symbol_have_one_mark_each(text, labels):
    assert to_labels(text) == labels


def test_what_looks_like_a_symbol_is_no_symbol_in_a_label():
    assert all(to_labels("件" + character).startswith(OTHER) for character in LIKE_SYMBOLS)
