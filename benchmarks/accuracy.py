"""Reads every PDF that has a truth file beside it and prints what `extractor evaluate` says of the results.

`python benchmarks/accuracy.py fixtures/scans`; with --output the results stay there to be looked at.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path


def find_documents(folder: Path) -> list[Path]:
    """PDFs of a folder that have a truth file."""
    truths = sorted(folder.glob("*.truth.json"))
    pdfs = [path.with_name(path.name.removesuffix(".truth.json") + ".pdf") for path in truths]
    return [pdf for pdf in pdfs if pdf.is_file()]


def main() -> int:
    """Runs and evaluates; returns the exit code of the first that fails."""
    from workers.cli.entry import run_cli

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, help="Folder for the results. [default: a temporary one]")
    parser.add_argument("--engine", default="fast")
    parser.add_argument("--jobs", default="1")
    arguments = parser.parse_args()
    pdfs = find_documents(arguments.folder)
    if not pdfs:
        sys.stderr.write(f"no PDF with a truth file in {arguments.folder}\n")
        return 4
    with tempfile.TemporaryDirectory() as temporary:
        output = str(arguments.output or temporary)
        options = ["--output", output, "--force", "--engine", arguments.engine, "--jobs", arguments.jobs]
        code = run_cli(["run", *map(str, pdfs), *options])
        return code or run_cli(["evaluate", output, str(arguments.folder)])


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
