"""What the recogniser said of one page, kept exactly, so that a page need not be recognised twice.

Unlike a recording (`models.replay`) it is lossless and bound to the pixels: a document taken up again after its
process was killed gives the very result it would have given undisturbed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, OcrEngine, Reading, crop_key
from extractor.seams.errors import StorageError

_FORMAT = 1
_COLUMNS = 1 + len(NUMERIC_ALPHABET)


class CheckpointEngine:
    """Hands on to another engine, remembering what it said since `begin`, and answers what it was given to know.

    Crops are answered from memory only where all of one call are known: an engine batches the crops of a call, and
    a batch is read whole or not at all.
    """

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self._known: dict[str, Reading] = {}
        self._said: dict[str, Reading] = {}
        self.name = engine.name
        self.fingerprint = engine.fingerprint
        self.lineage = engine.lineage

    def begin(self) -> None:
        """Forgets what was said so far, not what is known."""
        self._said = {}

    def forget(self) -> None:
        """Forgets everything: another document follows."""
        self._known, self._said = {}, {}

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """The readings, in order, from memory or by the engine."""
        keys = [crop_key(crop, width_scale) for crop in crops]
        known = [self._known.get(key) for key in keys]
        readings = [reading for reading in known if reading is not None]
        if len(readings) < len(keys):
            readings = self._engine.read(crops, width_scale=width_scale)
        self._said.update(zip(keys, readings, strict=True))
        return readings

    def save(self, path: Path) -> None:
        """Writes what was said since `begin`.

        Raises:
            StorageError: the file cannot be written.
        """
        try:
            path.write_bytes(encode_readings(self.fingerprint, self._said))
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror or error}") from error

    def load(self, path: Path) -> bool:
        """Takes a checkpoint into memory; False for one that is damaged or by another engine, which is no loss."""
        try:
            fingerprint, readings = decode_readings(path.read_bytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return False
        if fingerprint != self.fingerprint:
            return False
        self._known.update(readings)
        return True


def encode_readings(fingerprint: str, readings: dict[str, Reading]) -> bytes:
    """Readings by key as the bytes of an .npz without pickles."""
    header = {
        "format": _FORMAT,
        "fingerprint": fingerprint,
        "keys": list(readings),
        "texts": [reading.text for reading in readings.values()],
        "certain": [reading.certain for reading in readings.values()],
    }
    steps = [-1 if r.numeric is None else len(r.numeric) for r in readings.values()]
    numeric = [r.numeric.ravel() for r in readings.values() if r.numeric is not None]
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        header=np.frombuffer(json.dumps(header, ensure_ascii=False).encode(), dtype=np.uint8),
        scores=np.array([reading.score for reading in readings.values()], dtype=np.float64),
        steps=np.array(steps, dtype=np.int32),
        values=np.concatenate([*numeric, np.zeros(0, np.float32)]).astype(np.float32, copy=False),
        allow_pickle=False,
    )
    return stream.getvalue()


def decode_readings(content: bytes) -> tuple[str, dict[str, Reading]]:
    """The engine's fingerprint and its readings by key.

    Raises:
        ValueError, KeyError, EOFError, zipfile.BadZipFile: the bytes are no checkpoint.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
        scores, steps, values = archive["scores"].tolist(), archive["steps"].tolist(), archive["values"]
    if header["format"] != _FORMAT:
        raise ValueError(f"checkpoint of format {header['format']}")
    readings: dict[str, Reading] = {}
    start = 0
    parts = zip(header["keys"], header["texts"], scores, steps, header["certain"], strict=True)
    for key, text, score, count, certain in parts:
        numeric: NDArray[np.float32] | None = None
        if count >= 0:
            end = start + count * _COLUMNS
            numeric, start = values[start:end].reshape(count, _COLUMNS), end
        readings[key] = Reading(text, score, numeric, certain)
    return header["fingerprint"], readings
