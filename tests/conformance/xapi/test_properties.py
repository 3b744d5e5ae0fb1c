"""What holds for every statement, tried on statements that Hypothesis makes up.

The same examples in every run where CI is set, new ones elsewhere.
"""

import json
import os
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy.xapi.models import Statement
from academy.xapi.schema import parse_timestamp, same_statement, validate
from tests.conformance.xapi.strategies import ANY_JSON, disturbed, spoiled, statements


def bounded(examples: int):
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=bool(os.environ.get("CI")),
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,  # all examples of a test share one store
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )


@contextmanager
def undone():
    """Each example has a store as empty as the first."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def with_lists(part: dict[str, Any]) -> dict[str, Any]:
    """The context activities as a store returns them (2.4.6.2.s4.b3)."""
    activities = part.get("context", {}).get("contextActivities")
    if activities is None:
        return part
    lists = {name: item if isinstance(item, list) else [item] for name, item in activities.items()}
    return {**part, "context": {**part["context"], "contextActivities": lists}}


def as_returned(statement: dict[str, Any]) -> dict[str, Any]:
    statement = with_lists(statement)
    if statement["object"].get("objectType") == "SubStatement":
        statement["object"] = with_lists(statement["object"])
    return {name: item for name, item in statement.items() if name not in ("stored", "authority")}


@bounded(60)
@given(data=st.data())
def test_every_valid_statement_is_accepted_and_comes_back_as_it_was(store, data):
    statement = data.draw(statements(store.version))
    with undone():
        answer = store.send(statement)
        assert answer.status_code == 200, (answer.content, statement)

        kept = store.get("statements", statementId=statement["id"]).json()
        again = store.send(kept)
    validate(kept, store.version)
    for name, sent in as_returned(statement).items():
        if name == "timestamp":
            assert parse_timestamp(kept[name]) == parse_timestamp(sent)
        else:
            assert kept[name] == sent, name
    assert same_statement(statement, kept)
    assert again.status_code == 200  # the same again is no conflict


@bounded(100)
@given(data=st.data())
def test_one_broken_rule_is_refused_and_nothing_kept(store, data):
    what, statement = data.draw(spoiled(store.version))
    with undone():
        answer = store.send(statement)

        assert answer.status_code == 400, (what, statement)
        assert answer.json()["error"]
        assert not Statement.objects.exists()


@bounded(60)
@given(data=st.data())
def test_anything_in_place_of_something_is_answered(store, data):
    """Never a server error; and what was accepted can be read."""
    statement = data.draw(disturbed(store.version))
    with undone():
        answer = store.send(statement)

        assert answer.status_code in (200, 400), answer.content
        for statement_id in answer.json() if answer.status_code == 200 else ():
            assert store.get("statements", statementId=statement_id).status_code == 200


@bounded(50)
@given(body=ANY_JSON)
def test_any_json_is_answered(store, body):
    answer = store.send(json.dumps(body))

    assert answer.status_code == (200 if body == [] else 400), answer.content
    answer.json()


@bounded(60)
@given(data=st.data())
def test_any_bytes_are_answered(store, data):
    """Also those that nearly are a statement: cut off, or one byte another."""
    body = bytearray(json.dumps(data.draw(statements(store.version))).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    kind = data.draw(st.sampled_from(["cut", "change", "insert", "anything"]))
    if kind == "cut":
        del body[place:]
    elif kind == "change":
        body[place] = data.draw(st.integers(0, 255))
    elif kind == "insert":
        body[place:place] = data.draw(st.binary(max_size=4))
    else:
        body = bytearray(data.draw(st.binary(max_size=64)))
    with undone():
        answer = store.send(bytes(body) or b" ")

    assert answer.status_code in (200, 400), answer.content
    answer.json()
