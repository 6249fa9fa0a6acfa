from __future__ import annotations

import pytest

from tests.workers.pdfs import write_blank
from workers.cli.entry import run_cli


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_options_are_read_from_the_folder_and_the_command_line_goes_before(tmp_path, capsys, monkeypatch):
    write_blank(tmp_path / "scan.pdf", pages=1)
    (tmp_path / "extractor.toml").write_text('lang = "zh"\n[run]\nengine = "tesseract"\nmax-pages = 3\n')
    assert run_cli(["run", "scan.pdf", "--dry-run"]) == 1
    assert "没有名为“tesseract”的识别器" in capsys.readouterr().err
    assert run_cli(["--lang", "en", "run", "scan.pdf", "--dry-run"]) == 1
    assert "no engine named 'tesseract'" in capsys.readouterr().err
    monkeypatch.setenv("EXTRACTOR_RUN_ENGINE", "fast")
    assert run_cli(["run", "scan.pdf", "--dry-run"]) == 0
    monkeypatch.delenv("EXTRACTOR_RUN_ENGINE")
    assert run_cli(["run", "scan.pdf", "--dry-run", "--engine", "fast"]) == 0


def test_another_file_can_be_named(tmp_path, capsys):
    (tmp_path / "other.toml").write_text("[run]\nquiet = true\nexport = 'docx'\n")
    (tmp_path / "extractor.toml").write_text("[run]\nexport = 'xlsx'\n")
    assert run_cli(["--config", "other.toml", "run", "x.pdf"]) == 1
    assert "no export format 'docx'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[run]\noutptu = 'x'\n", "extractor.toml: there is no option run.outptu"),
        ("[rum]\noutput = 'x'\n", "extractor.toml: there is no command rum"),
        ("[token.make]\n", "extractor.toml: there is no command token.make"),
        ("run = \n", "extractor.toml is no TOML"),
        ("[run]\nmax-pages = 'many'\n", "extractor.toml: run.max-pages: 'many' is not a valid integer"),
        ("[run]\nmax-pages = 2.7\n", "extractor.toml: run.max-pages: '2.7' is not a valid integer"),
        ("[run]\noutput = ['a', 'b']\n", "extractor.toml: ['a', 'b'] is no value of run.output"),
        ("[run]\nexport = ['xlsx', 'csv']\n", "extractor.toml: ['xlsx', 'csv'] is no value of run.export"),
        ("[run]\nquiet = 3\n", "extractor.toml: 3 is no value of run.quiet"),
        ("[run]\ntimeout = true\n", "extractor.toml: True is no value of run.timeout"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(content, told, tmp_path, capsys):
    (tmp_path / "extractor.toml").write_text(content)
    assert run_cli(["run", "x.pdf", "--dry-run"]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["'file_mb=3'", "['file_mb=3', 'nesting=9']"])
def test_what_may_be_given_several_times_may_be_one(limit, tmp_path, capsys):
    write_blank(tmp_path / "scan.pdf", pages=1)
    (tmp_path / "extractor.toml").write_text(f"[run]\noutput = 3\nlimit = {limit}\n")
    assert run_cli(["run", "scan.pdf", "--dry-run"]) == 0, capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(capsys):
    assert run_cli(["--config", "none.toml", "doctor"]) == 1
    assert "none.toml: cannot be read: No such file or directory" in capsys.readouterr().err
