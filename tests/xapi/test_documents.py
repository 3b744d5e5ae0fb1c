"""Writers of one document at once: exactly one wins, and nothing that was kept is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connections

from academy.core.errors import AcademyError
from academy.xapi.documents import (
    Conditions,
    DocumentPlace,
    MustMatch,
    Need,
    PreconditionFailed,
    delete_document,
    post_document,
    put_document,
)
from academy.xapi.models import Document

WRITERS = 8
PLACE = DocumentPlace(
    kind=Document.Kind.STATE,
    activity="https://content.example/1",
    agent="https://people.example|4711",
    registration=UUID("00000000-0000-4000-8000-000000000001"),
    document_id="bookmark",
)
MUST_BE_NEW = Conditions(if_none_match=frozenset("*"))

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(write) -> list[AcademyError | None]:
    """What `write(number)` raised in each of several threads that start together."""
    barrier = Barrier(WRITERS)

    def run(number: int) -> AcademyError | None:
        try:
            barrier.wait(timeout=30)
            write(number)
            return None
        except AcademyError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def put(number: int, conditions: Conditions) -> None:
    put_document(
        place=PLACE,
        content=str(number).encode(),
        content_type="text/plain",
        conditions=conditions,
    )


def winner(outcomes: list[AcademyError | None], refusal: type[AcademyError]) -> int:
    """The one that was not refused; all others were, in this way."""
    assert [type(error) for error in outcomes if error] == [refusal] * (WRITERS - 1)
    return outcomes.index(None)


@pytest.mark.parametrize("_time", range(5))
def test_of_writers_with_one_etag_one_wins(_time):
    put(99, MUST_BE_NEW)
    conditions = Conditions(if_match=frozenset([Document.objects.get().etag]))

    number = winner(at_once(lambda number: put(number, conditions)), PreconditionFailed)

    assert bytes(Document.objects.get().content) == str(number).encode()


@pytest.mark.parametrize("_time", range(5))
def test_of_writers_of_a_new_document_one_wins(_time):
    number = winner(at_once(lambda number: put(number, MUST_BE_NEW)), PreconditionFailed)
    assert bytes(Document.objects.get().content) == str(number).encode()


def test_of_writers_without_a_tag_one_makes_and_none_overwrites():
    conditions = Conditions(need=Need.TO_OVERWRITE)
    number = winner(at_once(lambda number: put(number, conditions)), MustMatch)
    assert bytes(Document.objects.get().content) == str(number).encode()


@pytest.mark.parametrize("exists", [True, False])
def test_merges_at_once_lose_nothing(exists):
    def merge(number: int) -> None:
        post_document(
            place=PLACE,
            content=json.dumps({str(number): number}).encode(),
            content_type="application/json",
            conditions=Conditions(),
        )

    if exists:
        merge(99)
    assert at_once(merge) == [None] * WRITERS

    merged = json.loads(bytes(Document.objects.get().content))
    assert merged == {str(number): number for number in [*range(WRITERS), *([99] * exists)]}


def test_writing_and_deleting_at_once_ends_in_one_of_both():
    put(99, MUST_BE_NEW)

    def write_or_delete(number: int) -> None:
        if number % 2:
            put(number, Conditions())
        else:
            delete_document(place=PLACE, conditions=Conditions())

    assert at_once(write_or_delete) == [None] * WRITERS
    assert Document.objects.count() <= 1
