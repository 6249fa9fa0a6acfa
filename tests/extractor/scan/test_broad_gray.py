"""Gray words behind the type are made paper; type, seals, shading and blurred type are not."""

from __future__ import annotations

import cv2
import numpy as np

from extractor.scan.broad_gray import lift_broad_gray

_DPI = 200.0


def typed_page():
    page = np.full((1600, 1200), 255, dtype=np.uint8)
    for y in range(120, 1500, 60):
        cv2.putText(page, "1204 358 96 7715 40", (120, y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 20, 3)
    return page


def marked(page, tone):
    mark = np.full_like(page, 255)
    for y in (500, 1000, 1450):
        cv2.putText(mark, "COPY", (150, y), cv2.FONT_HERSHEY_SIMPLEX, 10, tone, 26)
    return np.minimum(page, mark), mark < 255


def test_gray_broad_strokes_become_paper():
    page = typed_page()
    both, mark = marked(page, 160)
    lifted = lift_broad_gray(both, _DPI)
    bare = cv2.dilate((page < 255).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    assert (lifted[mark & bare] > 230).mean() > 0.99


def test_type_on_it_stays_as_dark_against_it():
    page = typed_page()
    both, mark = marked(page, 160)
    lifted = lift_broad_gray(both, _DPI)
    typed = mark & (page < 40)
    assert typed.sum() > 1000
    assert lifted[typed].max() < 60


def test_what_lies_beside_it_stays_as_it_is():
    both, mark = marked(typed_page(), 160)
    lifted = lift_broad_gray(both, _DPI)
    far = cv2.dilate(mark.astype(np.uint8), np.ones((31, 31), np.uint8)) == 0
    assert np.array_equal(lifted[far], both[far])


def test_black_broad_strokes_stay():
    both, _ = marked(typed_page(), 30)
    assert lift_broad_gray(both, _DPI) is both


def blocks():
    """Characters of small type, each a block of gray."""
    page = np.full((1600, 1200), 255, dtype=np.uint8)
    for y in range(120, 1500, 60):
        for x in range(120, 1100, 45):
            page[y : y + 24, x : x + 24] = 150
    return page


def test_characters_blurred_into_blocks_stay():
    page = blocks()
    page = cv2.GaussianBlur(page, (0, 0), 2)
    assert lift_broad_gray(page, _DPI) is page


def test_a_gray_desk_around_a_photograph_makes_no_watermark_of_blurred_characters():
    page = blocks()
    page[:, :30] = page[-30:] = 170
    page = cv2.GaussianBlur(page, (0, 0), 2)
    assert lift_broad_gray(page, _DPI) is page
