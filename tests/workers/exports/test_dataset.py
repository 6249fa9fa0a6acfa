from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import frictionless
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from extractor.output.result_json import result_to_json
from extractor.seams.errors import NoInputError
from extractor.values.geometry import Box
from extractor.values.result import Fact, Origin, Source
from tests.paths import ROOT
from tests.workers.reports import FORM, failed_result, field, forms, put, report, result, with_fields
from workers.cli.entry import run_cli
from workers.exports.columns import MANIFEST, TEXT, Column, Table
from workers.exports.dataset import write_dataset
from workers.exports.rows import ResultRows
from workers.exports.tables import TableWriter
from workers.files.storage import OutputError

_TABLES = ("fields", "wide", "findings", "facts", "sections", "manifest")


_FACT = Fact("requests.received", 12.0, "件", "收到申请12件。", 1, Box(1.0, 2.0, 3.0, 4.0), 0.9)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two documents, one of two reports; one that failed; and a JSON that is no result."""
    folder = tmp_path / "results"
    made = report(
        organ="=1+1", year=2023,
        requests__granted__natural_person=field("7", origin=Origin.PERSON),
        requests__granted__total=field(""),
        requests__total__total=field("/"),
        requests__granted__business=field("8", 0.6),
    )  # fmt: skip
    put(folder, "甲/年报", result(replace(made, facts=(_FACT,)), report()))
    put(folder, "乙", result(report(organ='引"号,\n换行')))
    put(folder, "b", failed_result(source=Source("b.pdf", "", 0, 0)))
    (folder / "other.json").write_text("[1, 2]")
    return folder


def _read(folder: Path, name: str, kind: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.{kind}"
    if kind == "parquet":
        return pq.read_table(path).to_pylist()
    types = {item.name: item.type for item in pq.read_schema(folder / f"{name}.parquet")}
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    convert = pa.csv.ConvertOptions(
        column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    return pa.csv.read_csv(path, parse_options=parse, convert_options=convert).to_pylist()


def test_the_csv_half_of_the_package_is_valid(results):
    write_dataset(results, results, ("parquet", "csv"), forms())
    package = frictionless.Package(str(results / "dataset" / "datapackage.json"))
    package.resources = [one for one in package.resources if one.format == "csv"]
    assert {one.path for one in package.resources} == {f"{name}.csv" for name in _TABLES}
    told = package.validate()
    assert told.valid, told.flatten(["title", "message"])


def test_figures_are_those_of_the_results_and_both_formats_say_the_same(results):
    told = write_dataset(results, results, ("parquet", "csv"), forms())
    folder = results / "dataset"
    assert told.left_out == (results / "other.json",)
    assert told.rows == {name: len(_read(folder, name, "parquet")) for name in _TABLES}
    for name in _TABLES:
        told_apart = [
            {key: value.removeprefix("'") if isinstance(value, str) else value for key, value in row.items()}
            for row in _read(folder, name, "csv")
        ]
        assert told_apart == _read(folder, name, "parquet")
    rows = {(row["document"], row["report"], row["id"]): row for row in _read(folder, "fields", "parquet")}
    payload = json.loads((results / "甲" / "年报.json").read_text(encoding="utf-8"))
    for number, made in enumerate(payload["reports"], start=1):
        for key, item in made["fields"].items():
            row = rows["甲/年报", number, key]
            assert [row[name] for name in ("value", "raw", "kind", "confidence", "status", "page")] == [
                item[name] for name in ("value", "raw", "kind", "confidence", "status", "page")
            ]
            assert [row[f"bbox_{edge}"] for edge in ("left", "top", "right", "bottom")] == item["bbox"]
    assert rows["甲/年报", 1, "requests.granted.natural_person"]["reviewed"] is True


def test_wide_has_a_column_per_field_and_null_where_no_number_is_printed(results):
    write_dataset(results, results, ("parquet",), forms())
    table = pq.read_table(results / "dataset" / "wide.parquet")
    ids = {key for form in forms().values() for key in form.specs()}
    assert ids <= set(table.column_names)
    assert {table.schema.field(key).type for key in ids} == {pa.float64()}
    first = next(row for row in table.to_pylist() if row["organ"] == "=1+1")
    assert (first["document"], first["year"], first["form"], first["pages"]) == ("甲/年报", 2023, FORM, 1)
    assert (first["review"], first["reviewed"], first["findings"]) == (1, 1, 1)
    values = {key: first[key] for key in forms()[FORM].specs()}
    assert values.pop("requests.granted.natural_person") == 7
    assert values.pop("requests.granted.business") == 8
    assert values.pop("requests.granted.total") is None  # blank
    assert values.pop("requests.total.total") is None  # a dash
    assert set(values.values()) == {0}  # a printed 0
    assert all(first[key] is None for key in ids - forms()[FORM].specs().keys())
    kept = table.schema.field("requests.granted.total").metadata
    assert kept[b"unit"].decode() == "件"
    assert "自然人" in table.schema.field("requests.granted.natural_person").metadata[b"title"].decode()


def test_text_from_a_scan_stays_text(results):
    write_dataset(results, results, ("parquet", "csv"), forms())
    for kind in ("parquet", "csv"):
        organs = {row["organ"] for row in _read(results / "dataset", "wide", kind)}
        # A spreadsheet takes for a text what begins with an apostrophe; programs read the other format.
        formula = "=1+1" if kind == "parquet" else "'=1+1"
        assert organs == {formula, "某市公安局", '引"号,\n换行'}
    with (results / "dataset" / "wide.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["organ"] for row in csv.DictReader(stream)} == organs


def test_manifest_tells_of_every_document_also_those_that_failed(results):
    source = Source("丙.pdf", "0" * 64, 9, 1, duplicate_of="乙")
    put(results, "丙", result(report(), source=source))
    write_dataset(results, results, ("parquet", "csv"), forms())
    rows = {row["document"]: row for row in _read(results, "manifest", "parquet")}
    assert set(rows) == {"b", "丙", "乙", "甲/年报"}
    assert rows["b"] | {"status": "failed", "code": "damaged", "reason": "b.pdf is damaged"} == rows["b"]
    assert (rows["b"]["sha256"], rows["b"]["organs"]) == (None, None)
    both = rows["甲/年报"]
    assert (both["reports"], both["organs"], both["years"]) == (2, "=1+1; 某市公安局", "2023; 2024")
    assert (both["review"], both["findings"], both["output"]) == (1, 2, "甲/年报.json")
    assert (rows["丙"]["path"], rows["丙"]["duplicate_of"]) == ("丙.pdf", "乙")
    copies = {row["document"] for row in _read(results / "dataset", "wide", "parquet") if row["duplicate_of"]}
    assert copies == {"丙"}
    assert (results / "manifest.csv").read_bytes() == (results / "dataset" / "manifest.csv").read_bytes()


def test_package_describes_every_file(results):
    write_dataset(results, results, ("parquet", "csv"), forms())
    folder = results / "dataset"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {item["path"] for item in package["resources"]} == {
        f"{name}.{kind}" for name in _TABLES for kind in ("csv", "parquet")
    }
    for item in package["resources"]:
        content = (folder / item["path"]).read_bytes()
        assert item["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert item["bytes"] == len(content)
        names = [column["name"] for column in item["schema"]["fields"]]
        if item["format"] == "csv":
            assert next(csv.reader(content.decode().splitlines()[:1])) == names
        else:
            assert pq.read_schema(folder / item["path"]).names == names
    wide = next(item for item in package["resources"] if item["path"] == "wide.csv")
    column = next(c for c in wide["schema"]["fields"] if c["name"] == "requests.granted.natural_person")
    assert (column["unit"], column["unit_en"]) == ("件", "items")
    assert column["title_en"] == "requests: granted: natural person"
    assert "予以公开" in column["title"]


def test_another_format_replaces_the_dataset(results):
    write_dataset(results, results, ("csv",), forms())
    write_dataset(results, results, ("parquet",), forms())
    assert not list(results.rglob("*.csv"))
    assert not list(results.rglob(".*"))
    # The description beside the tables is not taken for a result that is damaged.
    assert write_dataset(results, results, ("parquet",), forms()).left_out == (results / "other.json",)


def test_a_result_in_the_place_of_the_description_is_not_lost(results):
    put(results, "dataset/datapackage", result(report()))
    with pytest.raises(OutputError, match="is the result of a document"):
        write_dataset(results, results, ("csv",), forms())
    assert json.loads((results / "dataset" / "datapackage.json").read_text())["status"] == "complete"


def test_a_field_of_an_unknown_form_is_told(results):
    put(results, "mine", result(with_fields(report(), {"mine.total": field("3")})))
    assert write_dataset(results, results, ("csv",), forms()).unknown == ("mine.total",)


def test_nothing_to_export_is_an_error(tmp_path):
    with pytest.raises(NoInputError, match="holds no result JSON"):
        write_dataset(tmp_path, tmp_path / "out", ("csv",), forms())


def test_command_writes_and_tells_its_files(results, tmp_path, capsys):
    assert run_cli(["export", str(results), "--format", "parquet", "--output", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    written = {Path(line) for line in told.out.splitlines()}
    assert written == set((tmp_path / "out" / "dataset").iterdir())
    assert "other.json: no result, left out" in told.err
    assert run_cli(["export", str(results), "--format", "xlsx"]) == 1


@pytest.mark.slow
def test_a_killed_export_leaves_the_old_dataset(results):
    write_dataset(results, results, ("csv",), forms())
    before = {path: path.read_bytes() for path in (results / "dataset").iterdir()}
    for number in range(400):
        put(results, f"more/{number}", result(report()))
    command = [sys.executable, "-c", "from workers.cli.start import main; main()", "export", str(results)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        while not list(results.glob(".dataset-*/fields.parquet")):
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert {path: path.read_bytes() for path in (results / "dataset").iterdir()} == before
    assert list(results.glob(".dataset-*"))
    write_dataset(results, results, ("csv",), forms())
    assert not list(results.glob(".dataset-*"))


#: What `getrusage` tells of a new process includes that which started it.
_EXPORT = """
import re, sys
from pathlib import Path
from extractor.forms.definition import load_forms
from workers.exports.dataset import write_dataset

write_dataset(Path(sys.argv[1]), Path(sys.argv[2]), ("parquet", "csv"), load_forms())
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_results(tmp_path):
    text = json.dumps(result_to_json(result(report())))

    def peak(count: int) -> int:
        """Bytes in memory at most while so many results are exported."""
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.json").write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", _EXPORT, str(folder), str(tmp_path / f"out-{count}")]
        return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout) * 1024

    few, many = peak(300), peak(1_000)
    assert many - few < 30_000_000
    assert many < 400_000_000
    written = pq.ParquetFile(tmp_path / "out-1000" / "dataset" / "fields.parquet").metadata
    assert (written.num_rows, written.num_row_groups) == (1_000 * len(forms()[FORM].specs()), 4)


def test_other_readers_see_the_same_types(results):
    """They are no dependencies; where they are installed they must agree."""
    duckdb, polars, pandas = (pytest.importorskip(name) for name in ("duckdb", "polars", "pandas"))
    write_dataset(results, results, ("parquet", "csv"), forms())
    path = results / "dataset" / "fields.parquet"
    rows = pq.read_metadata(path).num_rows
    total = sum(row["value"] or 0 for row in pq.read_table(path).to_pylist())
    found = duckdb.sql(f"select count(*), sum(value), max(year) from '{path}'").fetchall()[0]
    assert found == (rows, total, 2024)
    lazily = polars.scan_parquet(path).select(polars.len(), polars.col("value").sum()).collect()
    assert lazily.row(0) == (rows, total)
    frame = pandas.read_parquet(path)
    assert (len(frame), frame["value"].sum(), str(frame["value"].dtype)) == (rows, total, "float64")
    assert polars.read_csv(results / "manifest.csv").height == len(pandas.read_csv(results / "manifest.csv"))


@pytest.mark.parametrize("odd", [{"documents": "a"}, {}])
def test_a_row_has_the_columns_of_its_table_and_no_others(tmp_path, odd):
    row = {**ResultRows("a", result()).manifest(), **odd}
    if not odd:
        del row["organs"]
    with TableWriter(MANIFEST, tmp_path, ("csv",)) as writer, pytest.raises(ValueError, match="manifest"):
        writer.add([row])


@pytest.mark.issue(26)
def test_only_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(tmp_path):
    texts = ["=1", "+1", "@a", "\t=1", "\r=1", "-a", "-", "-5", "-,5", "a=1", "", "'a", "报告"]
    with TableWriter(
        Table("t", "", "", (Column("text", TEXT, "", ""),), ("text",), 100), tmp_path, ("csv",)
    ) as writer:
        writer.add([{"text": text} for text in texts])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        read = [row["text"] for row in csv.DictReader(stream)]
    made = [f"'{text}" for text in texts[:6]]
    assert read == [*made, *texts[6:]]
