"""The official `paddleocr` recogniser behind our Protocol: the reference the fast engine is held against.

It runs on ONNX Runtime from local folders only. PaddleOCR wants a folder with `inference.onnx` and an
`inference.yml`; for the pinned weights that folder is made in a temporary place and gone once loaded.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from extractor.seams.engine import Gray, Reading
from extractor.seams.errors import UsageError
from extractor.wording.said import say
from models.fast import DEFAULT_MODEL
from models.weights import find_weights, locate, read_charset

#: One thread for one process, as for every engine; warnings of ONNX Runtime about shapes say nothing new.
_ENGINE_CONFIG = {"intra_op_num_threads": 1, "inter_op_num_threads": 1, "log_severity_level": 3}


class PaddleEngine:
    """Reads crops with `paddleocr.TextRecognition`; it tells no probabilities beside its best text.

    Args:
        model: a recogniser of the manifest, or the path of a PaddleOCR model folder.
        device: as PaddleOCR names it, `cpu` or `gpu:0`.

    Raises:
        UsageError: paddleocr is not installed, or the folder is no model.
        WeightsError: the weights are missing or not the pinned ones.
    """

    def __init__(self, model: str = DEFAULT_MODEL, *, device: str = "cpu") -> None:
        folder = Path(model)
        if (folder / "inference.yml").is_file():
            self._model = _load(_folder_model_name(folder), folder, device)
            pinned = f"{folder.resolve().name}@{folder.stat().st_mtime_ns:x}"
        else:
            with tempfile.TemporaryDirectory(prefix="extractor-paddle-") as made:
                _write_model_folder(model, Path(made))
                self._model = _load(model, Path(made), device)
            pinned = f"{model}@{find_weights(model).sha256[:12]}"
        self.name = f"paddleocr:{folder.name}"
        versions = " ".join(f"{name}-{version(name)}" for name in ("paddleocr", "paddlex", "onnxruntime"))
        self.fingerprint = f"paddleocr:{pinned} {versions} {device}"
        self.lineage = f"paddleocr:{pinned}"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order; a crop without pixels reads as nothing."""
        readings = [Reading(text="", score=0.0)] * len(crops)
        filled = [position for position, crop in enumerate(crops) if crop.size]
        images = [_to_bgr(crops[position], width_scale) for position in filled]
        answers = self._model.predict(images, batch_size=1) if images else []
        for position, answer in zip(filled, answers, strict=True):
            text = str(answer["rec_text"])
            readings[position] = Reading(text=text, score=float(answer["rec_score"]) if text else 0.0)
        return readings


def _to_bgr(crop: Gray, width_scale: float) -> NDArray[np.uint8]:
    height, width = crop.shape
    squeezed = crop
    if width_scale != 1.0:
        squeezed = cv2.resize(crop, (max(1, round(width * width_scale)), height)).astype(np.uint8)
    return np.repeat(squeezed[:, :, None], 3, axis=2)


def _load(name: str, folder: Path, device: str) -> Any:
    # Read once, when paddlex is first imported: no look for a model host, no cache in the user's home.
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(Path(tempfile.gettempdir()) / "extractor-paddlex"))
    try:
        from paddleocr import TextRecognition
    except ImportError as error:
        raise UsageError(say("models.paddle", why=error)) from error
    return TextRecognition(
        model_name=name,
        model_dir=str(folder),
        device=device,
        engine="onnxruntime",
        engine_config=_ENGINE_CONFIG,
    )


def _folder_model_name(folder: Path) -> str:
    config = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    name = (config or {}).get("Global", {}).get("model_name")
    if not isinstance(name, str):
        raise UsageError(f"{folder / 'inference.yml'} names no model (Global.model_name)")
    return name


def _write_model_folder(name: str, folder: Path) -> None:
    """Makes the folder PaddleOCR expects around a pinned recogniser; the weights are linked, not copied."""
    (folder / "inference.onnx").symlink_to(locate(name))
    config = {
        "Global": {"model_name": name},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
                {"KeepKeys": {"keep_keys": ["image", "label_ctc", "label_gtc", "length", "valid_ratio"]}},
            ]
        },
        # PaddleOCR adds the blank and the space itself.
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(read_charset(name)[1:-1])},
    }
    text = yaml.safe_dump(config, allow_unicode=True)
    (folder / "inference.yml").write_text(text, encoding="utf-8")
