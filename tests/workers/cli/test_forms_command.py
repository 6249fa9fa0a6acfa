from __future__ import annotations

import json
import re

import pytest

from extractor.forms.definition import built_in_forms, parse_form
from extractor.seams.errors import UsageError
from tests.paths import ROOT
from tests.table_pdfs import write_table
from workers.cli.commands.form_option import ListedPath
from workers.cli.entry import run_cli
from workers.files.form_paths import own_form_files, split_form_paths
from workers.service.settings import read_settings

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_OWN = ROOT / "fixtures" / "forms"
_FORM = """
id: mine
title: 我的表
tables:
  - id: t
    blocks:
      - field: "a.{row}.{column}"
        columns: [{id: x, label: 甲, path: [上]}, {id: y, label: 乙, path: [上], unit: 元}]
        rows: [{id: one, label: 一, group: [组]}, {id: two, label: 二, group: [组]}, {label: 三}]
identities:
  - {id: sum, left: [a.one.x], right: [a.one.y]}
"""


def write(folder, name="mine.yaml", text=_FORM):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_built_in_forms_are_listed_and_shown(capsys):
    assert run_cli(["forms", "list"]) == 0
    assert "gio-2021\t200 fields\t42 sums" in capsys.readouterr().out
    assert run_cli(["forms", "show", "gio-2021", "--fields"]) == 0
    assert "disclosure.regulations.issued\t规章\t本年制发件数 (件)" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["forms", "list"], ["run", "a.pdf"]])
def test_of_a_form_that_is_not_there_the_one_called_nearly_so_is_named(
    command, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pdf").touch()
    assert run_cli([*command, "--forms", "department-settlment"]) != 0
    assert "there is no department-settlment: did you mean department-settlement?" in capsys.readouterr().err
    with pytest.raises(UsageError, match="did you mean department-settlement"):
        own_form_files("departments-settlement")
    with pytest.raises(UsageError, match=r"there is no .*nothing.like.it$"):
        own_form_files(str(tmp_path / "nothing-like-it"))


def test_of_a_form_with_open_rows_it_is_said_that_documents_have_more(capsys):
    assert run_cli(["forms", "list"]) == 0
    told = {line.split("\t")[0]: line.split("\t")[1] for line in capsys.readouterr().out.splitlines()}
    assert told["gio-2021"] == "200 fields"
    assert told["department-settlement"].endswith("rows or columns that a document prints in 6 tables")


def test_own_form_is_checked_listed_and_shown(tmp_path, capsys):
    path = write(tmp_path)
    assert run_cli(["forms", "check", str(path)]) == 0
    assert "form mine, 4 fields, 1 sum: good" in capsys.readouterr().out
    assert run_cli(["forms", "show", "mine", "--forms", str(tmp_path)]) == 0
    assert "sum sum: a.one.x = a.one.y" in capsys.readouterr().out


def test_several_forms_and_folders_of_them_are_checked_and_every_fault_is_told(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    good, faulty = write(tmp_path), write(tmp_path / "folder", "b.yaml", "id: b\n")
    write(tmp_path / "folder", "a.yaml", _FORM.replace("id: mine", "id: other"))
    assert run_cli(["forms", "check", str(good), str(tmp_path / "folder"), str(faulty)]) == 1
    told = capsys.readouterr()
    assert [line.split(": ")[1].split(",")[0] for line in told.out.splitlines()] == [
        "form mine",
        "form other",
    ]
    # A file that is given twice is checked once.
    assert told.err.count(f"{faulty}:1:1: a form needs the key 'tables'") == 1
    write(tmp_path, "c.yaml", "id: c\n")
    assert run_cli(["forms", "check", str(tmp_path / "c.yaml"), str(faulty)]) == 1
    told = capsys.readouterr().err
    assert "c.yaml:1:1" in told and f"{faulty}:1:1" in told
    (tmp_path / "empty").mkdir()
    assert run_cli(["forms", "check", str(tmp_path / "empty")]) == 1
    assert run_cli(["forms", "check", str(tmp_path / "none.yaml")]) == 1


def test_a_form_is_shown_as_the_table_it_describes(tmp_path, capsys):
    assert run_cli(["forms", "show", "mine", "--forms", str(write(tmp_path))]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.replace(" ", "") for line in shown if line.startswith("|")] == [
        "||||上||",
        "||||甲|乙(元)|",
        "|id|||x|y|",
        "|one|组|一|·|·|",
        "|two||二|·|·|",
        "||三||||",
    ]


@pytest.mark.parametrize("form", ["gio-2021", "gio-2019", "gio-2014"])
def test_every_field_of_a_form_has_its_cell_in_the_table_shown(capsys, form):
    assert run_cli(["forms", "show", form]) == 0
    shown = capsys.readouterr().out
    assert len(re.findall(r"· *\|", shown)) == len(built_in_forms()[form].specs())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tables:", "tabels:"), "mine.yaml:4:1: unknown key 'tabels' of a form; did you mean 'tables'?"),
        (("title: 我的表", "title: ["), "not valid YAML"),
        (("right: [a.one.y]", "right: [a.one.z]"), "mine.yaml:11:40: unknown fields: a.one.z"),
        (("{id: two,", "{id: one,"), "id 'one' stands already in line 9"),
        (("a.{row}.", "a."), "stand in two places: a.x"),
    ],
)
def test_what_is_wrong_with_a_form_is_said(tmp_path, capsys, change, message):
    assert run_cli(["forms", "check", str(write(tmp_path, text=_FORM.replace(*change)))]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"\x00" * 50, b"[" * 9000, b"- " * 9000, b"%TAG ! !\n"]
)
def test_a_file_that_is_no_text_is_told_without_a_traceback(tmp_path, capsys, content):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    assert run_cli(["forms", "check", str(path)]) == 1
    error = capsys.readouterr().err
    assert "mine.yaml" in error
    assert "Traceback" not in error


def test_unknown_form_is_refused_with_the_known_ones(capsys):
    assert run_cli(["forms", "show", "gio2021"]) == 1
    told = capsys.readouterr().err
    assert "no form 'gio2021': did you mean gio-2021?" in told and "gio-2014" in told
    for other in ("budget", "gio-1999"):
        assert run_cli(["forms", "show", other]) == 1
        told = capsys.readouterr().err
        assert "gio-2014" in told and "did you mean" not in told


def test_schema_is_printed(capsys):
    assert run_cli(["forms", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$defs"].keys() >= {
        "table",
        "block",
        "column",
        "row",
        "identity",
    }


def test_environment_adds_forms(tmp_path, capsys, monkeypatch):
    one, other = write(tmp_path), write(tmp_path, "other.yaml", _FORM.replace("id: mine", "id: other"))
    for value in (str(tmp_path), f"{one}:{other}", json.dumps([str(one), str(other)])):
        monkeypatch.setenv("EXTRACTOR_FORMS", value)
        assert run_cli(["forms", "list"]) == 0
        listed = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
        assert {"mine", "other", "gio-2021"} <= set(listed)
        assert read_settings().forms == (one, other)


@pytest.mark.parametrize("value", ['["a', '["", 1]', "{no-such-folder}", "nothing.yaml"])
def test_environment_that_names_no_form_is_told(capsys, monkeypatch, value):
    monkeypatch.setenv("EXTRACTOR_FORMS", value)
    assert run_cli(["forms", "list"]) == 1
    assert capsys.readouterr().err
    with pytest.raises(UsageError, match="EXTRACTOR_FORMS"):
        read_settings()


def test_a_folder_without_forms_is_told(tmp_path, capsys):
    assert run_cli(["forms", "list", "--forms", str(tmp_path)]) == 1
    assert "no form file (*.yaml)" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no form file"):
        own_form_files(str(tmp_path))


def test_paths_of_the_environment_are_split_alike():
    assert split_form_paths("a.yaml::b") == ["a.yaml", "b"]
    assert ListedPath(
        "EXTRACTOR_FORMS",
    ).split_envvar_value('["a.yaml", "b c"]') == ["a.yaml", "b c"]


def test_a_form_is_drafted_checked_and_used(tmp_path, capsys):
    scan, engine = _OWN / "scans" / "settlement-scan.pdf", _OWN / "recordings" / "settlement-scan.npz"
    target = tmp_path / "forms" / "mine.yaml"
    new = ["forms", "new", str(scan), "--engine", f"replay:{engine}", "--id", "mine", "--output", str(target)]
    # The folder is made, and where it cannot be, that is said at once.
    (tmp_path / "in-the-way").touch()
    assert run_cli([*new[:-1], str(tmp_path / "in-the-way" / "mine.yaml")]) == 5
    assert "in-the-way" in capsys.readouterr().err
    assert run_cli(new) == 0
    told = capsys.readouterr()
    assert told.out == f"{target}\n"
    # The draft reads its own specimen; what is in doubt there is told with its reason.
    count = re.search(r"(\d+) of the 42 fields that it reads in this specimen are beyond doubt", told.err)
    assert count is not None
    assert len(re.findall(r"^  t1\.\S+ = \S+: \w", told.err, re.MULTILINE)) == 42 - int(count[1])
    assert run_cli(["forms", "check", str(target)]) == 0
    assert "form mine, 42 fields, 5 sums: good" in capsys.readouterr().out
    assert run_cli(new) == 1
    assert "--force replaces it" in capsys.readouterr().err
    assert run_cli([*new, "--force"]) == 0
    results = tmp_path / "results"
    run = [
        "run",
        str(scan),
        "--output",
        str(results),
        "--engine",
        f"replay:{engine}",
        "--jobs",
        "1",
        "--quiet",
    ]
    assert run_cli([*run, "--forms", str(target.parent)]) == 0
    (report,) = json.loads((results / "settlement-scan.json").read_text(encoding="utf-8"))["reports"]
    truth = json.loads(scan.with_suffix(".truth.json").read_text(encoding="utf-8"))["reports"][0]["fields"]
    assert [field["value"] for field in report["fields"].values()] == list(truth.values())


def test_a_draft_goes_to_stdout_with_an_id_made_from_the_name(tmp_path, capsys):
    scan, engine = _OWN / "scans" / "settlement-scan.pdf", _OWN / "recordings" / "settlement-scan.npz"
    copy = tmp_path / "决算 Form (2).pdf"
    copy.write_bytes(scan.read_bytes())
    assert run_cli(["forms", "new", str(copy), "--engine", f"replay:{engine}"]) == 0
    assert parse_form(capsys.readouterr().out, "draft").id == "form-2"


def test_what_cannot_be_drafted_is_told(tmp_path, capsys):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.4 nothing")
    assert run_cli(["forms", "new", str(path), "--engine", "null"]) == 2
    assert run_cli(["forms", "new", str(path), "--engine", "no-such"]) == 1
    assert run_cli(["forms", "new", str(path), "--engine", "null", "--id", "not an id"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.issue(27)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gio-2021", "gio-2021 is a form that comes along"),
        ("department-settlment", "did you mean the form department-settlement"),
        ("nowhere.yaml", "there is no file or folder nowhere.yaml"),
    ],
)
def test_what_is_no_file_is_told_apart_from_a_form_that_comes_along(name, told, capsys):
    assert run_cli(["forms", "check", name]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.model
@pytest.mark.issue(27)
def test_a_form_for_what_is_read_already_is_made_with_a_warning(tmp_path, capsys, fixtures_folder):
    rows = [("水果", "产量", "销量"), ("苹果", "12", "10"), ("香梨", "30", "21"), ("葡萄", "41", "40")]
    specimens = {
        fixtures_folder / "scans" / "dongfeng-2025-born.pdf": "is read already by gio-2021",
        fixtures_folder
        / "forms"
        / "scans"
        / "settlement-scan.pdf": "is read already by department-settlement",
        write_table(tmp_path / "own.pdf", "水果产销表", rows): "",
    }
    for number, (path, told) in enumerate(specimens.items()):
        assert run_cli(["forms", "new", str(path), "--output", str(tmp_path / f"{number}.yaml")]) == 0
        said = capsys.readouterr().err
        assert (told in said) if told else ("read already" not in said)


@pytest.mark.model
@pytest.mark.issue(24)
def test_a_form_of_two_specimens_is_drafted_checked_on_one_and_gone_on_with(tmp_path, monkeypatch, capsys):
    heads = ["项目", "年初数", "本年数"]
    rows = [["货币资金", "713", "20"], ["应收账款", "40", "31"], ["存货", "5", "6"], ["在建工程", "7", "80"]]
    one = write_table(tmp_path / "one.pdf", "甲局2023年度资产情况表", [heads, *rows])
    two = write_table(tmp_path / "two.pdf", "乙局2023年度资产情况表", [heads, rows[0], *rows[2:]])
    form = tmp_path / "mine.yaml"
    assert run_cli(["forms", "new", str(one), str(two), "--output", str(form)]) == 0
    told = capsys.readouterr().err
    assert "one.pdf: 8 of the 8 fields" in told and "two.pdf: 6 of the 6 fields" in told
    text = form.read_text(encoding="utf-8")
    assert "{id: r2, label: 应收账款, optional: true}" in text
    form.write_text(text.replace("label: 本年数", "label: 本月数"), encoding="utf-8")
    assert run_cli(["forms", "check", str(form), "--specimen", str(one)]) == 0
    told = capsys.readouterr().err
    assert "that the form lacks: 本年数" in told and "4 of the 8 fields" in told
    served = []
    monkeypatch.setattr(
        "workers.api.drafts.app.serve_draft", lambda path, specimens, port, ready: served.append((path, port))
    )
    # A file that is there is corrected, not written over.
    assert run_cli(["forms", "new", str(one), "--output", str(form), "--serve", "--port", "1"]) == 0
    assert served == [(form, 1)] and "本月数" in form.read_text(encoding="utf-8")
    assert run_cli(["forms", "new", str(one), "--serve"]) == 1
    assert "--output" in capsys.readouterr().err
