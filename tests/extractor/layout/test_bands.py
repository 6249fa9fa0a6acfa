from __future__ import annotations

import pytest

from extractor.values.level import Level


@pytest.mark.parametrize(
    ("extents", "is_along"),
    [(((0.0, 100.0),), True), (((-50.0, 40.0), (55.0, 120.0)), True), (((0.0, 79.0),), False)],
)
def test_a_ruling_runs_along_what_most_of_it_is_seen_beside(extents, is_along):
    """Its pieces count together, and what reaches beyond the sides does not."""
    assert Level(10.0, extents).runs_along(0.0, 100.0) is is_along
