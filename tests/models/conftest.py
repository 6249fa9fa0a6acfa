from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.seams.engine import Gray


def draw_text(text: str, *, height: int = 40) -> Gray:
    """A crop of Latin text as a clean scan shows it: black on white with some air around."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
    crop = np.full((height, width + 20), 255, dtype=np.uint8)
    cv2.putText(crop, text, (10, height - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2, cv2.LINE_AA)
    return crop


@pytest.fixture(scope="session")
def numbers() -> list[str]:
    return ["2025", "17", "3.14", "204", "86", "12,345", "9"]


@pytest.fixture(scope="session")
def number_crops(numbers) -> list[Gray]:
    return [draw_text(text) for text in numbers]
