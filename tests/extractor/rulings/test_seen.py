"""Rulings are kept where they are seen, and led over gaps no wider than between two tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from extractor.rulings.seen import LIKELY, keep_seen
from extractor.values.labels import PageLabels

_SIDE, _ROW = 300, 100
_SURE = 230


def told_across(likelihood):
    labels = PageLabels.blank((_SIDE, _SIDE), 100.0)
    across = labels.across.copy()
    across[_ROW, 20:280] = likelihood
    return replace(labels, across=across)


def page_of(columns):
    page = np.full((_SIDE, _SIDE), 255, dtype=np.uint8)
    page[_ROW, columns] = 40
    return page


def kept(likelihood, columns):
    return keep_seen(told_across(likelihood), page_of(columns)).across[_ROW] >= LIKELY


def test_a_ruling_of_which_nothing_is_seen_goes():
    assert not kept(_SURE, slice(0, 0)).any()


def test_a_ruling_stays_as_far_as_it_is_seen():
    found = kept(_SURE, slice(60, 160))
    assert found[60:160].all()
    assert not found[:40].any()
    assert not found[180:].any()


def test_a_gap_of_a_dash_is_led_over():
    found = kept(_SURE, [*range(40, 100), *range(112, 200)])
    assert found[40:200].all()


def test_no_ruling_leads_over_the_gap_between_two_tables():
    found = kept(_SURE, [*range(20, 90), *range(200, 280)])
    assert not found[110:180].any()
