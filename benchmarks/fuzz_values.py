"""Atheris on what reads texts and structures: numbers, forms, results, events, geometry, text layers.

`python benchmarks/fuzz_values.py --minutes 10 [TARGET…]`: each target so long, in a process of its own, by coverage.
What a target promises stands beside it; anything else it does is a finding, told with its input, which is kept in
--findings (`--target NAME FILE` runs it again). Needs atheris: `pip install '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))

with atheris.instrument_imports(include=["extractor", "workers"]):
    import numpy as np

    from extractor.forms.check import check_form_text
    from extractor.forms.definition import parse_form
    from extractor.output.result_json import ResultFormatError, result_from_json, result_to_json
    from extractor.reading.numbers import parse_annotated, parse_content, parse_number
    from extractor.reading.textlayer import TextLayer, mend_text
    from extractor.scan.damage import are_strokes_cut, is_flate_damaged, is_jpeg_damaged
    from extractor.scan.document import PageSize
    from extractor.scan.pictures import coded_megapixels
    from extractor.scan.weighing import Scales
    from extractor.seams.engine import NullEngine
    from extractor.seams.errors import DocumentError
    from extractor.seams.options import Limits
    from extractor.values.frame import Raster, Warp
    from extractor.values.geometry import Box, overlap, overlap_share
    from tests.bombs import _page
    from tests.workers.reports import report, result
    from workers.reading.protocol import BrokenEventError, parse_event

#: A result to be changed.
_RESULT = json.dumps(result_to_json(result(report())))
_TARGETS: dict[str, Callable[[bytes], None]] = {}


def target(function: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Makes it known by its name."""
    _TARGETS[function.__name__] = function
    return function


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


@target
def numbers(data: bytes) -> None:
    """A number is finite and not negative zero; without decimals it is whole."""
    text = _text(data)
    for decimals in (False, True):
        values = [parse_number(text, decimals=decimals)]
        values += [
            told.value
            for parse in (parse_content, parse_annotated)
            if (told := parse(text, decimals=decimals)) is not None
        ]
        for value in values:
            assert value is None or (math.isfinite(value) and str(value) != "-0.0"), value
    whole = parse_number(text, decimals=False)
    assert whole is None or whole == int(whole)


@target
def forms(data: bytes) -> None:
    """A text is a form, or every fault has its place."""
    text = _text(data)
    found, problems = check_form_text(text)
    assert (found is None) == bool(problems)
    assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)
    if found is not None:
        parse_form(text, "fuzzed.yaml").specs()


@target
def results(data: bytes) -> None:
    """A result some values of which are replaced is read and written alike, or it is told that it is none."""
    provider = atheris.FuzzedDataProvider(data)
    payload = json.loads(_RESULT)
    for _ in range(provider.ConsumeIntInRange(1, 4)):
        _replace_value(payload, provider)
    with suppress(ResultFormatError):
        read = result_from_json(payload)
        assert result_from_json(json.loads(json.dumps(result_to_json(read)))).status is read.status


def _replace_value(payload: Any, provider: atheris.FuzzedDataProvider) -> None:
    holder = payload
    while holder:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = keys[provider.ConsumeIntInRange(0, len(keys) - 1)]
        if not isinstance(holder[key], dict | list) or provider.ConsumeIntInRange(0, 3) == 0:
            text = provider.ConsumeUnicodeNoSurrogates(6)
            values = (None, True, -1, 0.5, 1e400, 10**400, text, [], [text], {}, {text: 1}, [[]], "accepted")
            holder[key] = values[provider.ConsumeIntInRange(0, len(values) - 1)]
            if isinstance(holder, dict) and provider.ConsumeIntInRange(0, 7) == 0:
                del holder[key]
            return
        holder = holder[key]


@target
def events(data: bytes) -> None:
    """A line is an event, or none."""
    with suppress(BrokenEventError):
        assert "event" in parse_event(data)


@target
def geometry(data: bytes) -> None:
    """Boxes of numbers that no page passes stay boxes, through union, shrinking and warps."""
    provider = atheris.FuzzedDataProvider(data)
    edges = [provider.ConsumeFloatInRange(-1e6, 1e6) for _ in range(8)]
    low, high = (Box(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in (edges[:4], edges[4:]))
    both = low.union(high)
    assert both.width >= max(low.width, high.width)
    assert both.height >= max(low.height, high.height)
    inner = low.shrink(abs(edges[4]))
    assert low.left <= inner.left <= inner.right <= low.right
    assert low.top <= inner.top <= inner.bottom <= low.bottom
    assert overlap(low.left, low.right, high.left, high.right) >= 0
    assert 0 <= overlap_share(low.left, low.right, high.left, high.right) <= 1 + 1e-9
    rows, columns = provider.ConsumeIntInRange(1, 5), provider.ConsumeIntInRange(1, 5)
    maps = [provider.ConsumeFloatInRange(0, 1e4) for _ in range(2 * rows * columns)]
    map_x, map_y = np.array(maps, dtype=np.float32).reshape(2, rows, columns)
    found = Warp(map_x, map_y, (16 * rows, 16 * columns)).box_to_source(low)
    assert found.left >= map_x.min() - 1 and found.right <= map_x.max() + 1


@target
def pictures(data: bytes) -> None:
    """Data of a picture is whole or damaged, and has a size; strokes of any pixels are cut or not."""
    is_jpeg_damaged(data)
    is_jpeg_damaged(b"\xff\xd8" + data)
    for begun in (data, b"\xff\xd8\xff" + data, b"\xff\x4f\xff\x51" + data):
        assert coded_megapixels(begun) >= 0
    rows, columns = 1 + len(data) // 80, 80
    are_strokes_cut(np.frombuffer(data.ljust(rows * columns, b"\xff"), np.uint8).reshape(rows, columns))
    is_flate_damaged(data, 1000)


@target
def instructions(data: bytes) -> None:
    """A page of any instructions and resources is weighed, or is too much."""
    import pikepdf

    content, _, resources = data.partition(b"\0")
    failures = (pikepdf.PdfError, DocumentError)
    with suppress(*failures), pikepdf.open(io.BytesIO(_page(resources, content))) as pdf:
        Scales(Limits(), len(pdf.pages), pdf).check(1)


@target
def text_layers(data: bytes) -> None:
    """A page of any instructions has a text layer or none to rely on, or the file has none."""
    mend_text(_text(data))
    font = b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    path = Path(tempfile.gettempdir()) / f"fuzzed-{id(_TARGETS)}.pdf"
    path.write_bytes(_page(font, b"BT /F 12 Tf 20 700 Td (report of the year 2023 12 items) Tj " + data))
    size = PageSize(595.0, 842.0, None, has_text=True)
    raster = Raster(np.full((2339, 1653), 255, dtype=np.uint8), 200.0, None)
    with suppress(DocumentError), TextLayer(path, None) as layer:
        layer.read_page(1, size, raster, NullEngine())


def _seeds(name: str) -> list[bytes]:
    """What is changed first."""
    folder = _ROOT / "extractor" / "forms"
    made: dict[str, Callable[[], list[bytes]]] = {
        "forms": lambda: [path.read_bytes() for path in folder.rglob("*.yaml")],
        "numbers": lambda: [
            text.encode() for text in ("1,234", "22（其中修订16件）", "251000元", "-", "0.50")
        ],
        "events": lambda: [b'{"event": "page", "number": 1, "total": 2, "seconds": 0.5, "checkpoint": null}'],
        "instructions": lambda: [b"/F 12 Tf /X Do /P scn /S sh /G gs\0/XObject<</X 4 0 R>>"],
        "text_layers": lambda: [b"ET 10 10 500 1 re f 1 0 0 1 9 9 cm BT /F 9 Tf 3 3 Td [(12) -99 (x)] TJ ET"],
    }
    return made[name]() if name in made else [b"0" * 64]


def fuzz(name: str, minutes: float, findings: Path) -> int:
    """Runs a target in a process of its own; 0 when nothing was found."""
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(_seeds(name)):
            (Path(corpus) / str(number)).write_bytes(seed)
        limits = [
            f"-max_total_time={round(60 * minutes)}",
            "-timeout=20",
            "-rss_limit_mb=6000",
            "-max_len=6000",
        ]
        command = [sys.executable, __file__, "--target", name, corpus, *limits, "-print_final_stats=1"]
        done = subprocess.run(
            [*command, f"-artifact_prefix={findings}/{name}-"], capture_output=True, text=True, check=False
        )
    runs = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed" in line), "?")
    sys.stdout.write(f"{name}: {runs} runs, {'nothing found' if done.returncode == 0 else 'FOUND'}\n")
    if done.returncode:
        sys.stdout.write((done.stdout + done.stderr)[-3000:] + "\n")
    sys.stdout.flush()
    return done.returncode


def main() -> int:
    """Fuzzes all or some targets, or is the process of one."""
    if sys.argv[1:2] == ["--target"]:
        atheris.Setup([sys.argv[0], *sys.argv[3:]], _TARGETS[sys.argv[2]])
        atheris.Fuzz()
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*_TARGETS, []])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--findings", type=Path, default=Path("build/findings"))
    arguments = parser.parse_args()
    ends = [
        fuzz(name, arguments.minutes, arguments.findings.resolve()) for name in arguments.targets or _TARGETS
    ]
    return 1 if any(ends) else 0


if __name__ == "__main__":
    sys.exit(main())
