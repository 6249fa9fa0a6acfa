from __future__ import annotations

import pytest

from workers.cli import run_cli

_FORM = """
id: mine
title: 我的表
tables:
  - id: t
    blocks:
      - field: "a.{row}.{column}"
        columns: [{id: x, label: 甲}, {id: y, label: 乙}]
        rows: [{id: one, label: 一}, {id: two, label: 二}]
identities:
  - {id: sum, left: [a.one.x], right: [a.one.y]}
"""


def test_built_in_forms_are_listed_and_shown(capsys):
    assert run_cli(["forms", "list"]) == 0
    assert "gio-2021\t200 fields\t42 sums" in capsys.readouterr().out
    assert run_cli(["forms", "show", "gio-2021"]) == 0
    assert "disclosure.regulations.issued\t规章\t本年制发件数 (件)" in capsys.readouterr().out


def test_own_form_is_checked_listed_and_shown(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(_FORM, encoding="utf-8")
    assert run_cli(["forms", "check", str(path)]) == 0
    assert "form mine, 4 fields, 1 sums: good" in capsys.readouterr().out
    assert run_cli(["forms", "show", "mine", "--forms", str(tmp_path)]) == 0
    assert "sum sum: a.one.x = a.one.y" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tables:", "tabels:"), "not a form"),
        (("title: 我的表", "title: ["), "not valid YAML"),
        (("right: [a.one.y]", "right: [a.one.z]"), "unknown fields: a.one.z"),
        (("{id: two,", "{id: one,"), "stand in two places: a.one.x"),
    ],
)
def test_what_is_wrong_with_a_form_is_said(tmp_path, capsys, change, message):
    path = tmp_path / "mine.yaml"
    path.write_text(_FORM.replace(*change), encoding="utf-8")
    assert run_cli(["forms", "check", str(path)]) == 1
    assert message in capsys.readouterr().err


def test_unknown_form_is_refused_with_the_known_ones(capsys):
    assert run_cli(["forms", "show", "gio-1999"]) == 1
    assert "gio-2021" in capsys.readouterr().err
