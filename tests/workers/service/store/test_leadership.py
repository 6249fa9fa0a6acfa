from __future__ import annotations

import time

import pytest

from workers.service.store.leadership import Leadership, Rounds, tell_rounds

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_LEASE = 0.3


@pytest.fixture
def pair(database):
    return Leadership(database, "ours", _LEASE), Leadership(database, "ours", _LEASE)


def test_only_one_has_the_lead(pair):
    first, second = pair
    assert first.hold()
    for _ in range(4):
        assert not second.hold()
        time.sleep(_LEASE / 2)
        assert first.hold()


def test_one_that_gives_no_sign_loses_it_and_does_not_get_it_back(pair):
    frozen, other = pair
    assert frozen.hold()
    assert not other.hold()
    time.sleep(1.2 * _LEASE)
    assert other.hold()
    assert not frozen.hold()
    # What it had begun is told by nobody.
    frozen.tell_done()
    assert tell_rounds(other._database, "ours").age is None


def test_how_long_nothing_changed_counts_only_as_long_as_it_was_watched(pair):
    first, second = pair
    assert first.hold()
    time.sleep(1.2 * _LEASE)
    assert not second.hold()


def test_who_steps_back_is_followed_at_once(pair, database):
    first, second = pair
    assert first.hold()
    first.release()
    assert tell_rounds(database, "ours") == Rounds(is_held=False, age=None)
    assert second.hold()
    first.release()
    assert second.hold()
    second.depose()
    assert first.hold()


def test_a_clock_that_is_set_costs_nobody_the_lead(pair, monkeypatch):
    first, second = pair
    assert first.hold() and not second.hold()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert not second.hold()
    assert first.hold()


def test_the_age_of_the_last_round_is_told(pair, database):
    first, _ = pair
    assert first.hold()
    first.tell_done()
    time.sleep(0.2)
    told = tell_rounds(database, "ours")
    assert told.is_held
    assert told.age is not None and 0.15 < told.age < 10


def test_every_pipeline_has_a_leader_of_its_own(database):
    first, other = Leadership(database, "ours", _LEASE), Leadership(database, "theirs", _LEASE)
    assert first.hold() and other.hold()
    first.tell_done()
    assert tell_rounds(database, "theirs").age is None
