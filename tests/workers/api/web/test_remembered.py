from __future__ import annotations

import threading
import time

import pytest

from extractor.seams.errors import ServiceError
from tests.workers.service.processes import wait_until
from workers.api.web.remembered import Remembered, begin


def test_what_is_counted_quickly_is_always_as_of_now():
    numbers = iter(range(10))
    count = Remembered(lambda: next(numbers))
    assert [count(), count(), count()] == [0, 1, 2]


def test_what_takes_long_is_told_from_memory_and_counted_beside():
    made = []

    def slowly():
        made.append(threading.current_thread())
        time.sleep(0.06)
        return len(made)

    count = Remembered(slowly)
    assert count() == 1
    began = time.monotonic()
    assert [count() for _ in range(50)] == [1] * 50
    assert time.monotonic() - began < 0.06
    # It is made again once twenty times as long has passed, and nobody waits for it.
    wait_until(lambda: count() == 2, seconds=10, what="another count")
    assert made[0] is threading.current_thread()
    assert made[1] is not threading.current_thread()


def test_what_took_long_once_beside_other_work_is_as_of_now_again():
    made = []

    def slow_at_first():
        made.append(1)
        time.sleep(0.2 if len(made) == 1 else 0)
        return len(made)

    count = Remembered(slow_at_first)
    assert count() == 1
    wait_until(lambda: count() >= 2, seconds=2, what="another count")
    first, second = count(), count()
    assert second == first + 1


def test_those_who_come_at_once_wait_for_one_count():
    made = []

    def slowly():
        made.append(1)
        time.sleep(0.2)
        return "counted"

    count = Remembered(slowly)
    told = []
    threads = [threading.Thread(target=lambda: told.append(count())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told, made) == (["counted"] * 8, [1])


def test_a_store_that_is_away_is_told_where_it_is_waited_for():
    def away():
        raise ServiceError("the store does not answer")

    with pytest.raises(ServiceError):
        Remembered(away)()


def test_what_is_begun_beside_is_waited_for_and_not_counted_twice():
    made = []

    def slowly():
        made.append(threading.current_thread())
        time.sleep(0.1)
        return "counted"

    count = Remembered(slowly)
    begin([count])
    wait_until(lambda: made, what="the first count")
    assert count() == "counted"
    assert len(made) == 1
    assert made[0] is not threading.current_thread()
