from __future__ import annotations

import copy
import errno
import json
import os
import pickle

import pytest

from extractor.seams.errors import DocumentError
from extractor.wording.catalogue import Language
from extractor.wording.said import Said, said_from_json, said_to_json, say, tell_os_error, word

_CHINESE = Language.CHINESE


def _hung() -> Said:
    return say("documents.process.late", what=say("documents.process.page", page=3), time="3 min 0 s")


def test_what_is_said_is_english_text_and_can_be_worded_anew():
    told = say("documents.empty_file", name="x.pdf")
    assert told == "x.pdf: the file is empty (0 bytes); copy or scan it again"
    assert word(told, _CHINESE) == "x.pdf：文件为空（0 字节），请重新复制或扫描"
    assert word(told, Language.ENGLISH) == told
    assert word("something else", _CHINESE) == "something else"


def test_sentences_in_sentences_are_worded_too():
    assert _hung() == "page 3 was not done after 3 min 0 s, cut off"
    assert word(_hung(), _CHINESE) == "第 3 页经过 3 min 0 s 仍未完成，已中止"


def test_an_error_keeps_what_it_was_made_of():
    error = DocumentError(_hung(), code="timeout")
    assert word(str(error), _CHINESE).startswith("第 3 页")


@pytest.mark.parametrize("again", [copy.deepcopy, lambda told: pickle.loads(pickle.dumps(told))])  # noqa: S301
def test_it_goes_to_other_processes_whole(again):
    told = again(_hung())
    assert (told, told.key, told.parameters) == (_hung(), _hung().key, _hung().parameters)
    assert word(told, _CHINESE) == word(_hung(), _CHINESE)


def test_it_goes_through_json():
    told = json.loads(json.dumps(said_to_json(_hung())))
    assert told == {
        "code": "documents.process.late",
        "parameters": {
            "what": {"code": "documents.process.page", "parameters": {"page": 3}},
            "time": "3 min 0 s",
        },
    }
    again = said_from_json(str(_hung()), told)
    assert (again, word(again, _CHINESE)) == (_hung(), word(_hung(), _CHINESE))
    assert said_to_json("plain") is None
    assert said_from_json("plain", None) == "plain"


@pytest.mark.parametrize(
    "told",
    [
        {"code": "documents.nothing_such", "parameters": {}},
        {"code": "documents.empty_file", "parameters": {"other": 1}},
        {"code": "documents.file_too_large", "parameters": {"name": "x", "size": "much", "limit": ""}},
        {
            "code": "documents.empty_file",
            "parameters": {"name": {"code": "gone", "parameters": {}}, "x": None},
        },
    ],
)
def test_a_result_of_another_version_is_told_as_it_was_written(told):
    again = said_from_json("as it was", told)
    assert again == "as it was"
    assert word(again, _CHINESE) in {"as it was", "gone：文件为空（0 字节），请重新复制或扫描"}


@pytest.mark.parametrize(
    "told", [1, [], {}, {"code": 1}, {"code": "x"}, {"code": "x", "parameters": {"a": []}}]
)
def test_what_is_no_wording_is_refused(told):
    with pytest.raises(TypeError):
        said_from_json("x", told)


def test_an_unknown_key_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        say("documents.nothing_such")
    with pytest.raises(KeyError):
        say("documents.empty_file")


def test_errors_of_the_system_are_worded_as_it_words_them():
    for code in (errno.EACCES, errno.ENOENT, errno.ENOSPC, errno.EIO, errno.EROFS, errno.ENAMETOOLONG):
        told = tell_os_error(OSError(code, os.strerror(code)))
        assert told == os.strerror(code)
        assert word(told, _CHINESE) != told
    assert tell_os_error(OSError(errno.ENOSPC, "all but 5 MB")) == "all but 5 MB"
    assert tell_os_error(OSError("odd")) == "odd"
