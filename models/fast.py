"""The fast engine: PaddleOCR's recogniser on one thread, through OpenVINO or ONNX Runtime.

A process is the unit of parallel work, so each runtime gets one thread. Precision is left to the hardware:
OpenVINO computes in bfloat16 where the processor does, and the fingerprint says so.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray, Reading
from extractor.seams.errors import UsageError
from extractor.wording.said import say
from models.crops import cut_long, network_input, scaled_width
from models.ctc import CtcDecoder
from models.weights import find_weights, locate, read_charset

#: Network input to softmax output; the output is valid until the next call.
Infer: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]

DEFAULT_MODEL = "PP-OCRv6_small_rec"
#: Runtimes in order of speed on a processor that computes in bfloat16; in reverse order on others.
RUNTIMES = ("openvino", "onnxruntime")
#: Processor flags (as Linux names them) of which one is enough.
_BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16", "bf16"})
#: Operations OpenVINO keeps prepared for the widths it met, of a network, and of the one that reads everything: so
#: few would cost that one 29 % of its time; the others, which read what is in doubt, take 7 to 14 % longer for it.
_KEPT, _KEPT_OF_ALL = 100, {"PP-OCRv6_tiny_rec": 1000}
#: What a crop without pixels reads as.
_NOTHING = Reading(text="", score=0.0)
#: Changes with preprocessing or decoding, so that stored readings of an older rule are not taken for ours.
_RULES = "4"


class FastEngine:
    """Reads crops with one recogniser on one thread; not to be shared between threads or over a fork.

    Raises:
        WeightsError: the model's weights are missing or not the pinned ones.
        UsageError: the runtime is not installed.
    """

    def __init__(self, runtime: str | None = None, *, model: str = DEFAULT_MODEL) -> None:
        chosen = runtime or best_runtime()
        self._decoder = CtcDecoder(read_charset(model))
        kept = _KEPT_OF_ALL.get(model, _KEPT)
        self._infer, told = compile_network(str(locate(model)), chosen, kept=kept)
        digest = find_weights(model).sha256[:12]
        self.name = f"{chosen}:{model}"
        self.fingerprint = f"{self.name}@{digest} {told} rules-{_RULES}"
        self.lineage = f"{model}@{digest} rules-{_RULES}"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order; a crop without pixels reads as nothing."""
        readings = [_NOTHING] * len(crops)
        widths = {i: scaled_width(crop, width_scale) for i, crop in enumerate(crops) if crop.size}
        # One width after the other: what the runtime prepared for it is still there.
        for position in sorted(widths, key=widths.__getitem__):
            readings[position] = self._read(crops[position], width_scale)
        return readings

    def _read(self, crop: Gray, width_scale: float) -> Reading:
        inputs = [network_input(part, width_scale) for part in cut_long(crop, width_scale)]
        parts = [reading for part in inputs for reading in self._decoder.decode(self._infer(part))]
        return parts[0] if len(parts) == 1 else _join(parts)


def _join(parts: Sequence[Reading]) -> Reading:
    """The reading of a line from those of its parts."""
    text = "".join(part.text for part in parts)
    score = sum(part.score * len(part.text) for part in parts) / max(1, len(text))
    steps = [part.numeric for part in parts if part.numeric is not None]
    return Reading(text=text, score=score, numeric=np.concatenate(steps))


def best_runtime() -> str:
    """The runtime that is faster on this processor, of those installed.

    With bfloat16 OpenVINO takes half the time of ONNX Runtime; without it both do the same work at the
    processor's limit, and OpenVINO spends 10 to 40 % more on preparing for every new width of a crop.

    Raises:
        UsageError: none is installed.
    """
    ordered = RUNTIMES if _has_bfloat16() else RUNTIMES[::-1]
    for runtime in ordered:
        if importlib.util.find_spec(runtime) is not None:
            return runtime
    raise UsageError(say("models.no_runtime"))


def compile_network(path: str, runtime: str | None = None, *, kept: int = _KEPT) -> tuple[Infer, str]:
    """A network ready to compute on one thread, and the runtime's name, version and precision.

    kept: operations that OpenVINO keeps prepared for shapes it met.

    Raises:
        UsageError: the runtime is not installed.
    """
    chosen = runtime or best_runtime()
    infer, precision = _COMPILERS[chosen](path, kept)
    return infer, f"{chosen}-{version(chosen)} {precision}"


def _has_bfloat16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return not _BFLOAT16_FLAGS.isdisjoint(flags)


def _compile_openvino(path: str, kept: int) -> tuple[Infer, str]:
    try:
        import openvino
    except ImportError as error:
        raise UsageError(say("models.openvino", why=error)) from error
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    settings["CPU_RUNTIME_CACHE_CAPACITY"] = kept
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    request = compiled.create_infer_request()

    def infer(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = request.infer({0: batch}, share_inputs=True, share_outputs=True)[0]
        return output

    return infer, compiled.get_property("INFERENCE_PRECISION_HINT").to_string()


def _compile_onnxruntime(path: str, _: int) -> tuple[Infer, str]:
    try:
        import onnxruntime
    except ImportError as error:
        raise UsageError(say("models.onnxruntime", why=error)) from error
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    source: Any = session.get_inputs()[0].name

    def infer(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(None, {source: batch})[0]
        return output

    return infer, "f32"


_COMPILERS: dict[str, Callable[[str, int], tuple[Infer, str]]] = {
    "openvino": _compile_openvino,
    "onnxruntime": _compile_onnxruntime,
}
