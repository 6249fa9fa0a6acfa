"""The help of every command and option is there in both languages, and fits a terminal."""

from __future__ import annotations

import inspect
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from rich.cells import cell_len

from extractor.wording.catalogue import Language, find_text, list_keys
from tests.commands import list_commands
from workers.cli import help as worded
from workers.cli.entry import extractor, run_cli
from workers.cli.help import wrap
from workers.shown.speech import find_language

_LOCALE = Path(worded.__file__).with_name("locale") / "zh" / "LC_MESSAGES"


_PATHS = [path for path, _ in list_commands(extractor)]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", _PATHS, ids=" ".join)
def test_every_command_and_option_is_worded(path, language):
    name = "_".join(path) or "extractor"
    command = dict(list_commands(extractor))[path]
    assert find_text(f"commands.{name}.help", language)
    if len(path) < 2:
        assert f"extractor {' '.join(path)}".strip() in (find_text(f"commands.{name}.epilog", language) or "")
    for option in command.params:
        if isinstance(option, click.Option):
            own = find_text(f"commands.{name}.options.{option.name}", language)
            assert own or find_text(f"commands.shared.{option.name}", language), option.name


def test_nothing_is_worded_that_is_no_option():
    known = {f"commands.{'_'.join(path) or 'extractor'}.help" for path in _PATHS}
    known |= {key.replace(".help", ".epilog") for key in known}
    names = set()
    for path, command in list_commands(extractor):
        for option in command.params:
            known.add(f"commands.{'_'.join(path) or 'extractor'}.options.{option.name}")
            names.add(option.name)
    left = {
        key
        for key in list_keys("commands")
        if not key.startswith(("commands.shared.", "commands.placeholders."))
    } - known
    assert left == set()
    assert {
        key.rpartition(".")[2] for key in list_keys("commands") if key.startswith("commands.shared.")
    } <= names


@pytest.mark.parametrize("path", _PATHS, ids=" ".join)
def test_help_is_told_in_the_language_asked_for_and_fits(path, capsys):
    assert run_cli(["--lang", "zh", *path, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("用法：")
    prose = lines[: next(i for i, line in enumerate(lines) if line.startswith("选项"))]
    assert max(map(cell_len, prose)) <= 80
    assert run_cli(["--lang", "en", *path, "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage:")


def test_what_must_be_given_is_marked_in_chinese(capsys):
    assert run_cli(["--lang", "zh", "jobs", "purge", "--help"]) == 0
    assert "如 90d。 [必需]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_SG"}, "zh"),
    ],
)
def test_the_environment_says_the_language(environment, language):
    assert find_language(environment) == language


def test_errors_are_told_in_the_language_of_the_environment(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run_cli(["show", str(tmp_path / "none.json")]) == 4
    assert capsys.readouterr().err == f"extractor: {tmp_path}/none.json 不存在\n"
    assert run_cli(["--lang", "en", "show", str(tmp_path / "none.json")]) == 4
    assert capsys.readouterr().err == f"extractor: {tmp_path}/none.json does not exist\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "用法："),
        (["bogus"], "没有命令 'bogus'"),
        (["run", "x.pdf", "--jobs", "0"], "0 不在 1<=x<=1024 的范围内"),
        (["run", "x.pdf", "--error-budget", "nan"], "不是数"),
        (["run", "x.pdf", "--bogus"], "没有选项 '--bogus'"),
        (["show", "x.json", "--config", "x"], "--config 须写在命令之前"),
        (["run", "", "--output", "out"], "是空的"),
        (["run", "x.pdf", "--engine", "tesseract"], "没有名为“tesseract”的识别器"),
        (["retry", "0f", "--code", "x"], "请加 --failed"),
        (["jobs", "cancel", "--state", "done"], "请给出任务编号"),
        (["jobs", "purge", "--older-than", "old", "--no-export"], "“old”不是时长"),
    ],
)
def test_wrong_usage_is_told_in_chinese(arguments, told, capsys):
    assert run_cli(["--lang", "zh", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_the_wrong_path_is_told_before_what_is_missing(capsys, tmp_path):
    assert run_cli(["evaluate", str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err


#: What click says to programmers, or of features that no command of ours has.
_NOT_FOR_USERS = {
    "d", "{editor}: Editing failed", "{editor}: Editing failed: {e}", "Windows error: {error}",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}", "Value must be an iterable.",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}", "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.", "Unknown color {colour!r}",
    "Could not determine name for option with declarations {decls!r}",
    "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? Did you mean to"
    " pass '--{name}'?",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
}  # fmt: skip

#: What click translates without its standing in the call.
_SAID_BY_VARIABLE = {"required"}


def test_what_click_says_is_translated_whole():
    folder = str(Path(inspect.getfile(click)).parent)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    said = {told[2] for told in extract_from_dir(folder, method_map=[("**.py", "python")], keywords=keywords)}
    with (_LOCALE / "click.po").open("rb") as stream:
        ours = {message.id: message.string for message in read_po(stream, locale="zh") if message.id}
    assert said - _NOT_FOR_USERS | _SAID_BY_VARIABLE == set(ours)
    assert all(ours.values())


def test_the_compiled_translation_is_that_of_the_source():
    """`pybabel compile -D click -d workers/cli/locale` makes it."""
    with (_LOCALE / "click.po").open("rb") as stream:
        source = {str(message.id): message.string for message in read_po(stream, locale="zh") if message.id}
    with (_LOCALE / "click.mo").open("rb") as stream:
        compiled = {str(message.id): message.string for message in read_mo(stream) if message.id}
    assert {key.strip("()[]"): list(told) for key, told in compiled.items()} == {
        key.strip("()[]"): list(told) for key, told in source.items()
    }


def test_chinese_is_wrapped_by_the_cells_it_takes():
    text = "识别器：fast, cascade。超时的页跳过，（其余）照读。"
    lines = wrap(text, 20)
    assert max(map(cell_len, lines)) <= 20
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。：；）" or line[-1] == "（" for line in lines)
    assert wrap("a word longerthanthis", 6) == ["a word", "longerthanthis"]


@pytest.mark.parametrize("path", [["run"], ["forms"], ["forms", "list"], ["jobs", "purge"]])
def test_the_language_may_be_told_after_any_command(path, capsys):
    for told, words in (("zh", "用法"), ("en", "Usage")):
        assert run_cli([*path, "--lang", told, "--help"]) == 0
        shown = capsys.readouterr().out
        assert words in shown
        assert ("Show this message and exit." in shown) is (told == "en")
    assert run_cli(["--lang", "en", *path, "--lang", "fr"]) == 1
    assert "'fr' is not one of" in capsys.readouterr().err


def test_what_is_run_after_a_language_told_late_speaks_it(tmp_path, capsys):
    assert run_cli(["show", str(tmp_path / "none.json"), "--lang", "zh"]) == 4
    assert "不存在" in capsys.readouterr().err


@pytest.mark.issue(27)
@pytest.mark.parametrize(("typed", "meant"), [("runn", "run"), ("form", "forms"), ("evalaute", "evaluate")])
def test_a_command_that_is_misspelt_is_named(typed, meant, capsys):
    assert run_cli([typed]) == 1
    assert f"No such command {typed!r}. Did you mean {meant!r}?" in capsys.readouterr().err
    assert run_cli(["zzzz"]) == 1
    assert "Did you mean" not in capsys.readouterr().err


@pytest.mark.issue(27)
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "--jobs", "x", "a.pdf"],
        ["bogus"],
        ["forms", "check"],
        ["run", "--forms", "nowhere.yaml", "a.pdf"],
    ],
)
def test_nothing_that_click_says_stays_english(arguments, capsys):
    assert run_cli(["--lang", "zh", *arguments, *([] if arguments else ["--help"])]) in {0, 1}
    said = "".join(capsys.readouterr())
    for word in ("OPTIONS", "COMMAND", "INTEGER", "range", "Show this", "env var", "Usage", "Error"):
        assert word not in said
