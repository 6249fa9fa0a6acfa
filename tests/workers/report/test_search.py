from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import pytest

from extractor.seams.errors import UsageError
from extractor.values.result import Section
from tests.workers.reports import failed_result, put, report, result
from workers.cli.entry import run_cli
from workers.report import search
from workers.report.search import INDEX, search_results


def _put(folder, name, organ, year, *texts):
    sections = tuple(Section(n, f"标题{n}", text, (n, n + 1)) for n, text in enumerate(texts, start=1))
    put(folder, name, result(replace(report(organ, year), sections=sections)))


@pytest.fixture
def folder(tmp_path):
    _put(tmp_path, "b/2", "乙局", 2023, "全年收到申请 9 件，\n均已答复。", "没有收费。")
    _put(tmp_path, "a", "甲局", 2022, "政府信息公开平台100%_建成。收到申请3件。")
    put(tmp_path, "broken", failed_result("damaged"))
    (tmp_path / "other.json").write_text("{}")
    return tmp_path


def _found(folder, *words, limit=50):
    return [(hit.document, hit.title) for hit in search_results(folder, words, limit)]


def test_sections_that_hold_all_words_are_found_by_body_with_their_page(folder):
    (hit,) = search_results(folder, ["收到申请", "答复"], 50)
    assert (hit.document, hit.report, hit.organ, hit.year) == ("b/2", 1, "乙局", 2023)
    assert (hit.title, hit.page) == ("标题1", 1)
    # Two characters are no word of the index, and found all the same; line breaks are told as blanks.
    assert hit.passage == "标题1 全年收到申请 9 件， 均已答复。"
    assert _found(folder, "收到申请") == [("b/2", "标题1"), ("a", "标题1")]
    assert _found(folder, "收费") == [("b/2", "标题2")]
    assert _found(folder, "收到申请", limit=1) == [("b/2", "标题1")]
    assert _found(folder, "收到申请", "没有收费") == []


@pytest.mark.parametrize("word", ["0%_", "00%_建成", "%", "_"])
def test_signs_of_a_pattern_mean_themselves(folder, word):
    assert _found(folder, word) == [("a", "标题1")]
    assert _found(folder, word + '"') == _found(folder, "x_x") == _found(folder, 'a" OR "b') == []


def test_the_index_knows_what_is_new_and_what_is_gone_and_reads_nothing_twice(folder, monkeypatch):
    _found(folder, "收到申请")
    read = []
    monkeypatch.setattr(search, "read_result", lambda path: read.append(path.name))
    _found(folder, "收到申请")
    assert read == []
    monkeypatch.undo()
    _put(folder, "b/2", "乙局", 2023, "全部改写了。")
    (folder / "a.json").unlink()
    _put(folder, "new", "丙局", 2024, "收到申请。")
    assert _found(folder, "收到申请") == [("new", "标题1")]
    assert _found(folder, "改写") == [("b/2", "标题1")]


def test_an_index_that_is_damaged_or_of_another_version_is_made_anew(folder):
    for spoil in (b"no database" * 500, b""):
        (folder / INDEX).write_bytes(spoil)
        assert _found(folder, "没有收费") == [("b/2", "标题2")]

    with sqlite3.connect(folder / INDEX) as index:
        index.execute("PRAGMA user_version = 99")
    index.close()
    assert _found(folder, "没有收费") == [("b/2", "标题2")]


def test_a_folder_that_cannot_be_written_is_searched(folder, monkeypatch):
    monkeypatch.setattr(search, "INDEX", "none/such.sqlite3")
    assert _found(folder, "没有收费") == [("b/2", "标题2")]
    assert not (folder / INDEX).exists()


def test_no_word_is_refused(folder):
    with pytest.raises(UsageError, match="which words"):
        search_results(folder, [" ", ""], 5)


def test_the_command_tells_a_line_a_section_or_an_object(folder, capsys):
    assert run_cli(["search", str(folder), "收到申请"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:3] == ["b/2", "p. 1", "乙局 2023"]
    assert run_cli(["search", str(folder), "收到申请", "--json", "--limit", "1"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["document"] == "b/2"
    assert "the first 1" in told.err
    assert run_cli(["search", str(folder), "没有这句话"]) == 0
    told = capsys.readouterr()
    assert told.out == "" and "no section" in told.err
    assert run_cli(["search", str(folder / "none"), "x"]) == 1
    assert run_cli(["report", str(folder)]) == 0
