from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.seams.errors import UsageError
from workers.service.sealing import KEY_FILE, Seal, open_seal
from workers.service.settings import read_settings

_KEY = "a key of at least thirty-two letters"


@given(st.text())
def test_what_is_sealed_opens_again_and_does_not_show(text):
    seal = Seal(_KEY)
    sealed = seal.close(text)
    assert seal.open(sealed) == text
    assert not text or text not in sealed or len(text) < 3
    assert seal.close(sealed) == sealed


def test_what_was_kept_before_there_was_a_key_opens():
    assert Seal(_KEY).open("whsec_plain") == "whsec_plain"
    assert Seal(None).open(Seal(None).close("whsec_plain")) == "whsec_plain"


@pytest.mark.parametrize("other", [Seal(None), Seal(_KEY + "!")])
def test_without_the_key_nothing_opens(other):
    with pytest.raises(UsageError, match="EXTRACTOR_SECRET_KEY"):
        other.open(Seal(_KEY).close("whsec_secret"))


def test_an_embedded_service_makes_itself_one_key_for_its_own_user(tmp_path):
    settings = read_settings(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as threads:
        keys = {seal.key for seal in threads.map(lambda _: open_seal(settings), range(8))}
    assert len(keys) == 1 and len(keys.pop() or "") >= 32
    assert stat.S_IMODE((tmp_path / "data" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [KEY_FILE]


def test_many_machines_are_given_theirs(tmp_path):
    url = "postgresql://host/name"
    assert open_seal(read_settings(data=tmp_path, database_url=url)).key is None
    given = read_settings(data=tmp_path, database_url=url, secret_key=_KEY)
    assert open_seal(given).key == _KEY
    assert _KEY not in repr(given)
    assert not list(tmp_path.iterdir())


def test_a_short_key_is_refused(tmp_path):
    with pytest.raises(UsageError, match="SECRET_KEY"):
        read_settings(data=tmp_path, secret_key="short")
