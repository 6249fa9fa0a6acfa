"""Pictures bound into one PDF, their bytes kept, by a process of its own: no stranger's picture is opened elsewhere.

`python -m workers.batch.binding PARENT TARGET` takes the paths as a line of JSON on stdin, and what went wrong is a
line of JSON on stdout. The same pictures make the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from extractor.wording.said import said_from_json, say
from workers.batch.archives import Copies
from workers.batch.inputs import Input
from workers.files.digests import file_digest
from workers.reading.apart import end_apart, start_apart
from workers.reading.explain import explain_error, explain_exit
from workers.reading.protocol import Failure

#: Bytes that a bound document may have: more than a reader takes by default (512 MB).
_FILE_BYTES = 1 << 30


def bind_groups(stream: Iterator[Input], copies: Copies) -> Iterator[Input]:
    """Inputs of several pictures become inputs of one PDF, made when it is their turn; others stay as they are.

    Raises:
        OutputError: there is no place for one.
    """
    for item in stream:
        if not item.parts or item.problem:
            yield item
            continue
        target = copies.place("bound.pdf")
        failure = bind(item.parts, target)
        if failure is not None:
            copies.release(target)
            # As with an archive: what cannot be had of it is its own failure.
            yield replace(item, problem=failure.message, problem_code=failure.code, archive=item.output)
        else:
            yield replace(item, path=target, sha256=file_digest(target))


def bind(parts: Sequence[Path], target: Path) -> Failure | None:
    """Writes a PDF of pictures, a page for each of their frames; why it cannot be, or None."""
    process = start_apart(__name__, str(target))
    try:
        said, _ = process.communicate(json.dumps([str(path.absolute()) for path in parts]).encode())
    finally:
        end_apart(process)
    try:
        told = json.loads(said) if said else None
    except ValueError:
        told = None
    if told is not None:
        return Failure(told["code"], said_from_json(told["message"], told["wording"]), told["retryable"])
    return explain_exit(process.returncode, say("documents.process.outside")) if process.returncode else None


def _bind(parts: Sequence[Path], target: Path) -> None:
    from io import BytesIO

    import pikepdf

    from extractor.scan.document import read_source
    from extractor.scan.pictures import to_pdf
    from extractor.seams.options import Options

    with ExitStack() as stack:
        bound = stack.enter_context(pikepdf.new())
        for path in parts:
            data, _ = read_source(path, path.name)
            content = BytesIO(to_pdf(data, path.name, Options()))
            bound.pages.extend(stack.enter_context(pikepdf.open(content)).pages)
        bound.save(target, deterministic_id=True)


def _serve(parent: int, target: Path) -> None:
    import img2pdf  # noqa: F401 - loaded before the guards stand
    import pikepdf  # noqa: F401
    from PIL import Image

    from workers.reading import sandbox
    from workers.reading.lifeline import die_with_parent
    from workers.reading.protocol import ReadLimits

    Image.init()
    sandbox.enter()
    die_with_parent(parent)
    sandbox.allot(ReadLimits())
    sandbox.lock(_FILE_BYTES)
    try:
        _bind([Path(path) for path in json.loads(sys.stdin.read())], target)
    except Exception as error:  # noqa: BLE001 - it is the pictures' own matter
        sys.stdout.write(json.dumps(explain_error(error).to_json()))


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
