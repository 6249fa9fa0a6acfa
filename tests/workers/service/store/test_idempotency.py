from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from workers.service.store.idempotency import KEPT, AnswerStore, KeyBusyError, KeyReusedError
from workers.service.store.schema import idempotency

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def answers(database) -> AnswerStore:
    return AnswerStore(database, patience=60.0)


def _age(database, seconds: float) -> None:
    with database.write() as connection:
        connection.execute(sa.update(idempotency).values(created=idempotency.c.created - seconds))


def test_the_first_answer_is_kept_for_its_client(answers):
    assert answers.begin("a", "key", "request") is None
    answers.keep("a", "key", "answer")
    assert answers.begin("a", "key", "request") == "answer"
    assert answers.begin("b", "key", "another request") is None
    with pytest.raises(KeyReusedError):
        answers.begin("a", "key", "another request")


def test_a_request_that_is_being_answered_is_answered_once(answers):
    def begin(_: int) -> str:
        try:
            return "mine" if answers.begin("a", "key", "request") is None else "kept"
        except KeyBusyError:
            return "busy"

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(begin, range(8))) == ["busy"] * 7 + ["mine"]


def test_who_began_and_died_does_not_keep_the_key(answers, database):
    answers.begin("a", "key", "request")
    _age(database, 61.0)
    assert answers.begin("a", "key", "request") is None


def test_a_released_key_is_free_and_a_kept_one_is_not(answers):
    answers.begin("a", "key", "request")
    answers.release("a", "key")
    assert answers.begin("a", "key", "another request") is None
    answers.keep("a", "key", "answer")
    answers.release("a", "key")
    assert answers.begin("a", "key", "another request") == "answer"


@pytest.mark.parametrize("seconds", [KEPT + 1, -KEPT - 60])
def test_answers_are_forgotten_after_a_day_whatever_the_clock_did(answers, database, seconds):
    answers.begin("a", "key", "request")
    answers.keep("a", "key", "answer")
    assert answers.sweep() == 0
    _age(database, seconds)
    assert answers.sweep() == 1
