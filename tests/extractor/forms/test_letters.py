"""Older forms of letters become the simplified ones; words of their own, and names, stay."""

from __future__ import annotations

import pytest

from extractor.forms.definition import normalise
from extractor.forms.letters import simplify


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("決算數", "决算数"),
        ("金額單位：萬元", "金额单位：万元"),
        ("著作权", "著作权"),
        ("乾县", "乾县"),
        ("A1一", "A1一"),
    ],
)
def test_letters_are_those_of_gb_2312(read, meant):
    assert simplify(read) == meant


@pytest.mark.parametrize("name", ["鮀浦街道办", "龑龢"])
def test_letters_that_labels_have_in_no_other_form_stay(name):
    assert normalise(simplify(name)) == name
