from __future__ import annotations

import signal
import threading

import pytest

from workers.shown.interrupts import held_interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_until_the_work_is_done(number):
    def interrupt(_number, _frame):
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    done = []
    try:
        with pytest.raises(KeyboardInterrupt), held_interrupts():
            signal.raise_signal(number)
            done.append("first")
            signal.raise_signal(number)
            done.append("second")
        assert done == ["first", "second"]
        assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)


def test_nothing_is_delivered_where_nothing_came_and_other_threads_hold_nothing():
    with held_interrupts():
        pass
    failed = []

    def work() -> None:
        try:
            with held_interrupts():
                pass
        except ValueError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failed == []
