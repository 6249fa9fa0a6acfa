"""Engines by name, imported only when asked for: naming one costs nothing, loading one may cost a runtime."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from extractor.seams.engine import NullEngine, OcrEngine
from extractor.seams.errors import UsageError
from extractor.seams.readers import Readers
from extractor.wording.said import say

#: Prefix of the replay engine's name; what follows is the path of a recording.
REPLAY_PREFIX = "replay:"
#: Second reader of cells in doubt beside our own reader of cells, unless the user says otherwise, and beside
#: PaddleOCR's of the sixth generation.
SECOND_ENGINE, _OTHER_GENERATION = "small", "fast-v5"


def engine_names() -> list[str]:
    """Every name `load_engine` knows, as a user would write it."""
    return [*_LOADERS, f"{REPLAY_PREFIX}PATH"]


def check_engine_name(name: str) -> None:
    """Makes sure that there is an engine of that name, without loading it.

    Raises:
        UsageError: there is none.
    """
    if not name.startswith(REPLAY_PREFIX) and name not in _LOADERS:
        raise UsageError(say("options.no_engine", name=name, known=", ".join(engine_names())))


def second_engine_name(first: str, asked: str) -> str:
    """The second reader's engine for what the user asked, "" for none.

    "auto" is one that was trained by others than the first: PP-OCRv6 beside our own reader of cells, PP-OCRv5 beside
    PP-OCRv6, and none for engines that replay or read nothing.
    """
    if asked == "none":
        return ""
    if asked != "auto":
        return asked
    if first == "null" or first.startswith(REPLAY_PREFIX):
        return ""
    second = SECOND_ENGINE if first in _OURS else _OTHER_GENERATION
    return second if second != first else ""


def load_engine(name: str) -> OcrEngine:
    """The engine of that name, ready to read.

    Raises:
        UsageError: there is no such engine, or what it needs is not installed (the message says what to do).
    """
    if name.startswith(REPLAY_PREFIX):
        return _load_replay(Path(name.removeprefix(REPLAY_PREFIX)))
    check_engine_name(name)
    return _LOADERS[name]()


def load_readers(name: str = "fast", second: str = SECOND_ENGINE) -> Readers:
    """What reads documents unless the user says otherwise; no second reader for "".

    Raises:
        UsageError: as `load_engine`.
    """
    from models.pages import load_labeller

    return Readers(load_engine(name), load_engine(second) if second else None, load_labeller())


@cache
def _recogniser(model: str, runtime: str | None = None) -> OcrEngine:
    """A recogniser of this process, loaded once though several engines are made of it."""
    from models.fast import FastEngine

    return FastEngine(runtime, model=model)


def _load_fast() -> OcrEngine:
    from models.cells import CellReader
    from models.figures import FigureEngine

    return FigureEngine(CellReader(), _load_cascade())


def _load_cascade() -> OcrEngine:
    from models.cascade import CascadeEngine

    return CascadeEngine(_recogniser("PP-OCRv6_tiny_rec"), _recogniser("PP-OCRv6_small_rec"))


def _load_cells() -> OcrEngine:
    from models.cells import CellReader

    return CellReader()


def _load_paddleocr() -> OcrEngine:
    from models.paddle import PaddleEngine

    return PaddleEngine()


def _load_paddleocr_v5() -> OcrEngine:
    from models.paddle import PaddleEngine

    return PaddleEngine(model="PP-OCRv5_mobile_rec")


def _load_replay(path: Path) -> OcrEngine:
    from models.replay import ReplayEngine

    return ReplayEngine.from_file(path)


_LOADERS: dict[str, Callable[[], OcrEngine]] = {
    "fast": _load_fast,
    "cascade": _load_cascade,
    "cells": _load_cells,
    "small": partial(_recogniser, "PP-OCRv6_small_rec"),
    "tiny": partial(_recogniser, "PP-OCRv6_tiny_rec"),
    "openvino": partial(_recogniser, "PP-OCRv6_small_rec", "openvino"),
    "onnxruntime": partial(_recogniser, "PP-OCRv6_small_rec", "onnxruntime"),
    "fast-v5": partial(_recogniser, "PP-OCRv5_mobile_rec"),
    "paddleocr": _load_paddleocr,
    "paddleocr-v5": _load_paddleocr_v5,
    "null": NullEngine,
}
#: Engines that read cells with our own weights.
_OURS = frozenset({"fast", "cells"})
