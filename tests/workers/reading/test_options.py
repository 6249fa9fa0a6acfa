"""The options of reading: through JSON and back, and a fingerprint that misses nothing that can change a result."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.seams.errors import UsageError
from models.calibration import SHIPPED
from workers.reading.options import ReadOptions, SetupError
from workers.service.settings import read_settings

_PATHS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1)).map(
    lambda names: tuple(map(Path, names))
)
_OPTIONS = st.builds(
    ReadOptions,
    engine=st.text(),
    second_engine=st.text(),
    forms=_PATHS,
    facts=_PATHS,
    max_pages=st.integers(1),
    max_megapixels=st.floats(1, 1000),
    error_budget=st.floats(0.1, 10_000),
    card=st.none() | st.just(Path("card.json")),
    limits=st.lists(st.text()).map(tuple),
    password=st.none() | st.text(),
)


@given(_OPTIONS)
def test_options_go_through_json_unchanged(options):
    assert ReadOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.fixture
def others(tmp_path):
    """Another value of every field that can change a result."""
    form, facts, card = tmp_path / "form.yaml", tmp_path / "facts.yaml", tmp_path / "card.json"
    form.write_text("a form")
    facts.write_text("facts")
    shutil.copy(SHIPPED, card)
    card.write_text(card.read_text() + "\n")
    return {
        "engine": "null",
        "second_engine": "none",
        "forms": (form,),
        "facts": (facts,),
        "max_pages": 7,
        "max_megapixels": 7.0,
        "error_budget": 7.0,
        "card": card,
        "limits": ("characters=7",),
    }


def test_every_field_but_the_password_changes_the_fingerprint(others):
    assert {item.name for item in fields(ReadOptions)} == {*others, "password"}
    told = [ReadOptions(), *(replace(ReadOptions(), **{name: value}) for name, value in others.items())]
    assert len({options.fingerprint() for options in told}) == len(told)


@pytest.mark.parametrize("name", ["forms", "facts", "card"])
def test_what_is_in_a_file_counts_and_not_where_it_lies(others, tmp_path, name):
    named = replace(ReadOptions(), **{name: others[name]})
    file = named.card if name == "card" else getattr(named, name)[0]
    moved = Path(shutil.copy(file, tmp_path / "moved"))
    elsewhere = replace(named, **{name: moved if name == "card" else (moved,)})
    before = named.fingerprint()
    assert elsewhere.fingerprint() == before
    file.write_bytes(file.read_bytes() + b" ")
    assert named.fingerprint() != before


def test_what_was_loaded_changes_the_fingerprint():
    asked = ReadOptions()
    assert len({asked.fingerprint(), asked.fingerprint(["int8"]), asked.fingerprint(["", "int8"])}) == 3


def test_the_password_leaves_no_trace():
    options = ReadOptions(password="secret")
    assert options.fingerprint() == ReadOptions().fingerprint()
    assert "secret" not in repr(options)


def test_what_was_asked_decides_and_what_is_not_there_is_told():
    loaded = ReadOptions(engine="null", max_pages=3, password="secret").load()
    assert (loaded.readers.engine.name, loaded.readers.second) == ("null", None)
    assert (loaded.options.max_pages, loaded.options.password) == (3, "secret")
    with pytest.raises(SetupError, match="no engine named"):
        ReadOptions(engine="nonsense").load()


@pytest.mark.parametrize("name", ["engine", "second_engine"])
def test_an_engine_that_does_not_exist_is_told_before_any_work(name):
    with pytest.raises(UsageError, match="no engine named 'nonsense'"):
        replace(ReadOptions(), **{name: "nonsense"}).check()


def test_the_environment_says_how_the_service_reads(monkeypatch):
    told = {
        "ENGINE": "null", "SECOND_ENGINE": "none", "FACTS": "facts.yaml", "MAX_PAGES": "7", "MAX_MEGAPIXELS": "8",
        "ERROR_BUDGET": "9", "CALIBRATION": "card.json", "PAGE_TIMEOUT": "10", "DOCUMENT_TIMEOUT": "11",
        "MEMORY_MB": "512", "DOCUMENT_LIMITS": "characters=12, file_mb=13",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"EXTRACTOR_{name}", value)
    settings = read_settings()
    assert settings.read_options == ReadOptions(
        "null",
        "none",
        (),
        (Path("facts.yaml"),),
        7,
        8.0,
        9.0,
        Path("card.json"),
        ("characters=12", "file_mb=13"),
    )
    limits = settings.limits
    assert (limits.page_timeout, limits.document_timeout, limits.memory_mb) == (10.0, 11.0, 512)
    monkeypatch.setenv("EXTRACTOR_DOCUMENT_LIMITS", "lines=12")
    with pytest.raises(UsageError, match="EXTRACTOR_DOCUMENT_LIMITS: there is no limit 'lines'"):
        read_settings()
