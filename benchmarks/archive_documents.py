"""An archive of all that archives hold, for `archive.py`: forms, copies, damage, zips, tars, what cannot be read."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import pypdfium2

from fixtures.generator.documents import generate_document
from fixtures.generator.specs import FORM_IDS, DamageSpec, DocumentSpec, LayoutSpec, ReportSpec
from tests.workers.pdfs import write_encrypted

_ROOT = Path(__file__).parents[1]
#: Of a hundred documents: copies of another's bytes, and broken ones in turn of the kinds below.
_COPIES, _BROKEN = 6, 5
#: Members of each archive for every 100 documents.
_ZIPPED, _TARRED = 25, 20


@dataclass(slots=True)
class Made:
    """What was made. expected: names of the results that are due, exactly; partly: folders that may hold more.

    An archive that is cut off gives what came before the cut, which nobody but its reader can tell.
    """

    expected: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    copies: int = 0
    broken: int = 0


def make_archive(folder: Path, contents: list[tuple[str, bytes]], count: int, seed: int) -> Made:
    """Fills the folder with `count` documents, each one of `contents` (stem of the name, bytes) made different.

    Beside them, and counted apart: four archives that cannot be read or not to their end.
    """
    rng, made = random.Random(seed), Made()
    documents = list(_draw(contents, count, rng, made))
    rng.shuffle(documents)
    zipped, tarred = count * _ZIPPED // 100, count * _TARRED // 100
    _write_zip(folder / "2021年.zip", documents[:zipped], made)
    _write_tar(folder / "sub" / "2022.tar.gz", documents[zipped : zipped + tarred], made, folder)
    for name, content in documents[zipped + tarred :]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made.expected.add(_result(name))
    _write_faulty(folder, documents[: max(20, count // 50)], made)
    return made


def _result(name: str) -> str:
    return name.removesuffix(".pdf") + ".json"


def _draw(
    contents: list[tuple[str, bytes]], count: int, rng: random.Random, made: Made
) -> Iterator[tuple[str, bytes]]:
    """Documents with their places in the archive; copies are of documents that came before."""
    whole: list[bytes] = []
    breakers = list(_breakers().items())
    for number in range(count):
        place = f"区{number % 7}/{'县' if number % 3 else '市/局'}"
        turn = number % 100
        if turn >= 100 - _BROKEN:
            kind, break_it = breakers[(number // 100 * _BROKEN + turn) % len(breakers)]
            made.broken += 1
            yield f"{place}/{kind}-{number:05d}.pdf", break_it(rng.choice(whole), number)
        elif turn >= 100 - _BROKEN - _COPIES:
            made.copies += 1
            yield f"{place}/copy-{number:05d}.pdf", rng.choice(whole)
        else:
            stem, content = contents[number % len(contents)]
            whole.append(content + b"\n%% %d\n" % number)
            yield f"{place}/{stem}-{number:05d}.pdf", whole[-1]


def _breakers() -> dict[str, Callable[[bytes, int], bytes]]:
    """Ways to spoil a document by their names; each gives bytes of its own."""
    locked = _encrypted()
    return {
        "truncated": lambda content, number: content[: 40 + number % 160],
        "text": lambda _, number: f"这不是 PDF {number}".encode(),
        "html": lambda _, number: f"<!doctype html><title>404 {number}</title>".encode(),
        "empty": lambda _, number: b"",
        "locked": lambda _, number: locked + b"\n%% %d\n" % number,
    }


def _encrypted() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return write_encrypted(Path(folder) / "locked.pdf", password="secret").read_bytes()


def _write_zip(path: Path, documents: list[tuple[str, bytes]], made: Made) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents:
            archive.writestr(name, content)
        archive.writestr("内/inner.zip", _zip_bytes(documents[:3]))
        archive.writestr("readme.txt", b"left alone")
        archive.writestr("__MACOSX/._x.pdf", b"left alone")
    made.expected |= {f"{path.name}/{_result(name)}" for name, _ in documents}
    made.expected.add(f"{path.name}/内/inner.zip.json")


def _write_tar(path: Path, documents: list[tuple[str, bytes]], made: Made, folder: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_tar_bytes(documents))
    inside = path.relative_to(folder).as_posix()
    made.expected |= {f"{inside}/{_result(name)}" for name, _ in documents}


def _write_faulty(folder: Path, documents: list[tuple[str, bytes]], made: Made) -> None:
    """Archives that end in a failure of their own: with a password, cut off, and none at all."""
    (folder / "locked.zip").write_bytes(_lock(_zip_bytes(documents)))
    (folder / "none.zip").write_bytes(b"no archive")
    whole = _zip_bytes(documents)
    (folder / "cut.zip").write_bytes(whole[: len(whole) * 2 // 3])
    whole = _tar_bytes(documents)
    (folder / "cut.tar.gz").write_bytes(whole[: len(whole) * 2 // 3])
    made.expected |= {f"{name}.json" for name in ("locked.zip", "none.zip", "cut.zip", "cut.tar.gz")}
    made.partly.add("cut.tar.gz")


def _zip_bytes(documents: list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents:
            archive.writestr(name, content)
    return stream.getvalue()


def _lock(content: bytes) -> bytes:
    """The zip with all members marked as encrypted, in its headers and its directory; nobody could unlock it."""
    spoilt = bytearray(content)
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = spoilt.find(mark)
        while place >= 0:
            spoilt[place + offset] |= 1
            place = spoilt.find(mark, place + 4)
    return bytes(spoilt)


def _tar_bytes(documents: list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in documents:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def blank_contents(scans: int, count: int) -> list[tuple[str, bytes]]:
    """Contents that cost little to read: empty pages, and among `count` of them `scans` with a recording.

    They are evenly spread, so that a killed run is as likely within a long document as within a short one.
    """
    recorded = sorted((_ROOT / "fixtures" / "recordings").glob("*.npz"))
    blanks = [("blank", _blank(pages)) for pages in (1, 2, 3)]
    contents = [blanks[number % len(blanks)] for number in range(count)]
    for number in range(scans):
        stem = recorded[number % len(recorded)].stem
        scan = (_ROOT / "fixtures" / "scans" / f"{stem}.pdf").read_bytes()
        contents[number * count // max(1, scans)] = (f"scan-{stem}", scan)
    return contents


def _blank(pages: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842).close()
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def printed_contents(count: int, seed: int, jobs: int) -> list[tuple[str, bytes]]:
    """Generated reports in all forms, lightly damaged and short: what the default engine is to read."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_print, range(seed, seed + count)))


def _print(number: int) -> tuple[str, bytes]:
    form = FORM_IDS[number % len(FORM_IDS)]
    report = ReportSpec(form=form, year=2015 + number % 10, prose="short")
    layout = LayoutSpec(body_size=10.5, table_size=8.0, padding=1.0, leading=1.3, margins=(50, 50, 50, 50))
    damage = DamageSpec(dpi=200, skew=0.2 * (number % 5 - 2), noise=2.0, jpeg=80)
    spec = DocumentSpec(seed=number, reports=(report,), layout=layout, damage=damage)
    return form, generate_document(spec).pdf
