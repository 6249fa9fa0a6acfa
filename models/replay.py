"""Recorded readings played back: what a recogniser said of a document's crops, without the recogniser.

A crop is found by its content key; where another machine rendered it a shade or a pixel differently, by the
nearest picture of its ink. A crop that resembles none is an error, never a guess.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, OcrEngine, Reading, crop_key
from extractor.seams.errors import StorageError, UsageError

#: Rows and columns of a signature's picture: enough to tell 3 from 8, too few to see single pixels.
_PICTURE = (16, 40)
#: Mean difference of two pictures, in gray levels, above which they show different things: a crop whose
#: sides were each cut a pixel off differs by 4 to 7, by 18 at most (measured on rough, fax and photo scans).
_TOLERANCE = 20.0
#: A crop not recorded exactly is matched only if anything with another text is this much farther away; two
#: different short numbers can be as near as 9 gray levels.
_MARGIN = 1.2
#: Ratio of the aspects of two crops that may still be the same text.
_ASPECT_TOLERANCE = 1.2
#: Natural log below which a probability is not stored but played back as this.
_LOG_FLOOR = -14.0
_COLUMNS = 1 + len(NUMERIC_ALPHABET)
_FORMAT = 1
_ARRAYS = {
    "header",
    "keys",
    "scales",
    "pictures",
    "aspects",
    "scores",
    "steps",
    "counts",
    "indices",
    "values",
}


class ReplayError(UsageError):
    """A recording has no reading for a crop, or is no recording."""

    code = "replay"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a crop looks like, coarsely: a small picture and the aspect (0 without pixels)."""

    picture: NDArray[np.uint8]
    aspect: float


def sign_crop(crop: Gray) -> Signature:
    """The signature of a crop."""
    if not crop.size:
        return Signature(np.full(_PICTURE, 255, dtype=np.uint8), 0.0)
    picture = cv2.resize(crop, _PICTURE[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8)
    return Signature(picture, crop.shape[1] / crop.shape[0])


def _sign_shifted(crop: Gray) -> NDArray[np.int16]:
    """Pictures of the crop cut a pixel further left, right, up and down, and as it is: 9 × rows × columns."""
    padded = np.pad(crop, 1, mode="edge") if crop.size else np.full((3, 3), 255, dtype=np.uint8)
    height, width = padded.shape[0] - 2, padded.shape[1] - 2
    shifts = [(top, left) for top in range(3) for left in range(3)]
    cuts = (padded[top : top + height, left : left + width] for top, left in shifts)
    return np.stack([sign_crop(cut).picture for cut in cuts]).astype(np.int16)


class RecordingEngine:
    """Hands on to another engine and remembers what it said, to be saved as one file per document."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self._seen: dict[tuple[str, float], tuple[Signature, Reading]] = {}
        self.name = engine.name
        self.fingerprint = engine.fingerprint
        self.lineage = engine.lineage

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """The wrapped engine's readings, in order."""
        readings = self._engine.read(crops, width_scale=width_scale)
        for crop, reading in zip(crops, readings, strict=True):
            key = (crop_key(crop, width_scale), round(width_scale, 3))
            self._seen[key] = (sign_crop(crop), reading)
        return readings

    def save(self, path: Path) -> None:
        """Writes what was read so far, whole or not at all.

        Raises:
            StorageError: the file cannot be written.
        """
        readings = [reading for _, reading in self._seen.values()]
        header = {
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "lineage": self.lineage,
            "texts": [r.text for r in readings],
        }
        pictures = [signature.picture for signature, _ in self._seen.values()]
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            header=np.frombuffer(json.dumps(header, ensure_ascii=False).encode(), dtype=np.uint8),
            keys=np.array([key for key, _ in self._seen], dtype="S32"),
            scales=np.array([scale for _, scale in self._seen], dtype=np.float32),
            pictures=np.array(pictures, dtype=np.uint8).reshape(-1, *_PICTURE),
            aspects=np.array([signature.aspect for signature, _ in self._seen.values()], dtype=np.float32),
            scores=np.array([reading.score for reading in readings], dtype=np.float32),
            allow_pickle=False,
            **_pack_numeric(readings),
        )
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            temporary.write_bytes(stream.getvalue())
            temporary.replace(path)
        except OSError as error:
            raise StorageError(f"cannot write the recording {path}: {error}") from error


class ReplayEngine:
    """Answers from a recording; made by `from_file`."""

    def __init__(self, arrays: dict[str, NDArray[Any]], name: str, digest: str) -> None:
        header = json.loads(arrays["header"].tobytes())
        if header.get("format") != _FORMAT:
            raise ReplayError(f"{name} was recorded in another format: record it anew")
        numeric = _unpack_numeric(arrays)
        parts = zip(header["texts"], arrays["scores"].tolist(), numeric, strict=True)
        self._readings = [Reading(text, score, steps) for text, score, steps in parts]
        keys = (key.decode() for key in arrays["keys"].tolist())
        self._by_key = {key: position for position, key in enumerate(keys)}
        self._scales, self._aspects = arrays["scales"], arrays["aspects"]
        self._pictures = arrays["pictures"].astype(np.int16)
        self.name = f"replay:{name}"
        self.fingerprint = f"replay:{digest[:12]} of {header['fingerprint']}"
        self.lineage = header.get("lineage", header["fingerprint"])

    @classmethod
    def from_file(cls, path: Path) -> ReplayEngine:
        """The engine that answers from the recording at `path`.

        Raises:
            ReplayError: there is no such file, or it is no recording.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ReplayError(f"cannot read the recording {path}: {error}") from error
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ReplayError(f"{path} is no recording: {error}") from error
        if missing := _ARRAYS - arrays.keys():
            raise ReplayError(f"{path} is no recording: it lacks {', '.join(sorted(missing))}")
        return cls(arrays, path.name, hashlib.sha256(content).hexdigest())

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """The recorded readings, in order.

        Raises:
            ReplayError: one of the crops resembles nothing that was recorded at this scale.
        """
        return [self._readings[self._find(crop, width_scale)] for crop in crops]

    def _find(self, crop: Gray, width_scale: float) -> int:
        exact = self._by_key.get(crop_key(crop, width_scale))
        if exact is not None:
            return exact
        signature = sign_crop(crop)
        same = np.flatnonzero(
            (np.abs(self._scales - width_scale) < 1e-3)
            & ((self._aspects == 0.0) == (signature.aspect == 0.0))
            & (self._aspects <= signature.aspect * _ASPECT_TOLERANCE)
            & (self._aspects * _ASPECT_TOLERANCE >= signature.aspect)
        )
        position = self._nearest(same, _sign_shifted(crop))
        if position is not None:
            return position
        size = f"{crop.shape[1]} x {crop.shape[0]} pixels at scale {width_scale:g}"
        raise ReplayError(f"{self.name} has no reading like this crop ({size}): record the document anew")

    def _nearest(self, positions: NDArray[np.intp], pictures: NDArray[np.int16]) -> int | None:
        """The recorded crop most like `pictures`, if clearly more so than any with another text."""
        if not len(positions):
            return None
        known = self._pictures[positions]
        distances = np.min([np.abs(known - picture).mean(axis=(1, 2)) for picture in pictures], axis=0)
        nearest = int(distances.argmin())
        text = self._readings[positions[nearest]].text
        others = [
            distance
            for position, distance in zip(positions.tolist(), distances.tolist(), strict=True)
            if self._readings[position].text != text
        ]
        limit = min(_TOLERANCE, min(others, default=np.inf) / _MARGIN)
        return int(positions[nearest]) if distances[nearest] <= limit else None


def _pack_numeric(readings: Sequence[Reading]) -> dict[str, NDArray[Any]]:
    """Sparse form of the readings' probabilities; a reading without any has -1 steps."""
    steps = [-1 if reading.numeric is None else len(reading.numeric) for reading in readings]
    flat = [np.zeros(0, np.float32) if r.numeric is None else r.numeric.ravel() for r in readings]
    kept = [np.flatnonzero(values > _LOG_FLOOR) for values in flat]
    return {
        "steps": np.array(steps, dtype=np.int32),
        "counts": np.array([len(indices) for indices in kept], dtype=np.int32),
        "indices": np.concatenate([*kept, np.zeros(0, np.intp)]).astype(np.uint16),
        "values": np.concatenate(
            [*(values[indices] for values, indices in zip(flat, kept, strict=True)), np.zeros(0, np.float32)]
        ).astype(np.float16),
    }


def _unpack_numeric(arrays: dict[str, NDArray[Any]]) -> list[NDArray[np.float32] | None]:
    ends = np.cumsum(arrays["counts"]).tolist()
    starts = [0, *ends][: len(ends)]
    unpacked: list[NDArray[np.float32] | None] = []
    for steps, start, end in zip(arrays["steps"].tolist(), starts, ends, strict=True):
        if steps < 0:
            unpacked.append(None)
            continue
        flat = np.full(steps * _COLUMNS, _LOG_FLOOR, dtype=np.float32)
        flat[arrays["indices"][start:end]] = arrays["values"][start:end]
        unpacked.append(flat.reshape(steps, _COLUMNS))
    return unpacked
