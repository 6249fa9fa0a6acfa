from __future__ import annotations

import pytest

from extractor import __version__
from workers.cli.entry import run_cli
from workers.cli.installation import mask_secret


def test_version_is_data(capsys):
    assert run_cli(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["run"],
        ["run", "x.pdf", "-o", "out", "--jobs", "0"],
        ["run", "x.pdf", "-o", "out", "--error-budget", "nan"],
        ["run", "x.pdf", "-o", "out", "--error-budget", "inf"],
        ["run", "x.pdf", "-o", "out", "--engine", "tesseract"],
        ["run", "x.pdf", "-o", ""],
        ["run", "", "-o", "out"],
        ["submit", "x.pdf", "--output", ""],
        ["watch", "", "--once"],
        ["serve", "--data", ""],
        ["run", "x.pdf", "-o", "out", "--password", "a", "--password-file", __file__],
    ],
)
def test_wrong_usage_ends_with_1_and_says_why_on_stderr(arguments, capsys):
    assert run_cli(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("EXTRACTOR_RUN_PASSWORD", "secret", "***"),
        ("EXTRACTOR_BROKER_URL", "redis://user:secret@host:6379/0", "redis://user:***@host:6379/0"),
        ("EXTRACTOR_STORE", "https://host/bucket?signature=secret", "https://host/bucket?***"),
        ("EXTRACTOR_RUN_JOBS", "4", "4"),
    ],
)
def test_secrets_are_masked(name, value, shown):
    assert mask_secret(name, value) == shown


@pytest.mark.model
def test_doctor_finds_everything_and_masks_secrets(monkeypatch, capsys):
    monkeypatch.setenv("EXTRACTOR_RUN_PASSWORD", "hush")
    assert run_cli(["doctor"]) == 0
    output = capsys.readouterr().out
    assert "PP-OCRv6_small_rec" in output
    assert "hush" not in output


def test_doctor_names_what_is_missing_and_ends_with_1(monkeypatch, capsys):
    monkeypatch.setattr(
        "workers.cli.installation.find_opencv", lambda: ["opencv-contrib-python 4", "opencv-python 4"]
    )
    assert run_cli(["doctor"]) == 1
    assert "pip uninstall every opencv-* package" in capsys.readouterr().out
