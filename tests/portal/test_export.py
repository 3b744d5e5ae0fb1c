"""A person takes a copy of their record: all of it, readable, theirs alone, and gone in a week."""

import json
import re
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.people import roles
from academy.people.services import identity_for
from academy.portal import export as exporting
from academy.portal.export import (
    KEPT,
    LEASE,
    MAX_TRIES,
    claim_export,
    make_export,
    owed_exports,
    remove_expired,
    request_export,
    write_bundle,
)
from academy.portal.tasks import sweep_exports
from academy.xapi.erasure import erase_person
from academy.xapi.models import Attachment, PersonExport, Statement, StatementAttachment
from academy.xapi.services import academy_authority, store, void
from academy.xapi.vocabulary import adl
from tests.factories import world
from tests.factories.people import UserFactory
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db

BOB = {"objectType": "Agent", "mbox": "mailto:bob@academy.example"}


@pytest.fixture
def ada():
    return UserFactory(email="ada@academy.example", first_name="Ada", last_name="Achebe")


@pytest.fixture
def page(ada):
    client = Client()
    client.force_login(ada)
    return client


def tell(person, count=1, **changes):
    changes = {"actor": identity_for(person).actor, **changes}
    statements = [make_statement(**changes) for _number in range(count)]
    return store(statements=statements, authority=academy_authority()).ids


def bundle_of(person, **options) -> zipfile.ZipFile:
    target = BytesIO()
    write_bundle(person, target, **options)
    return zipfile.ZipFile(target)


def statements_of(person, **options) -> dict:
    return json.loads(bundle_of(person, **options).read("statements.json"))


def copy_for(person) -> PersonExport:
    return make_export(request_export(person=person, language="en").pk)


# --- What is in it --------------------------------------------------------------------------------


def test_every_statement_by_and_about_the_person_and_no_other(ada):
    mine = tell(ada, 3)
    by_address = tell(ada, actor={"mbox": "mailto:ada@academy.example"})
    about = tell(ada, actor=BOB, object={**identity_for(ada).actor, "objectType": "Agent"})
    within = tell(ada, actor=BOB, context={"instructor": identity_for(ada).actor})
    tell(ada, actor=BOB)
    tell(UserFactory())
    found = [one["id"] for one in statements_of(ada)["statements"]]
    assert found == [str(one) for one in mine + by_address + about + within]


def test_the_statements_are_those_of_the_store(ada):
    told = tell(ada, result={"score": {"scaled": 0.5}, "response": "Ça va?"})
    [statement] = statements_of(ada)["statements"]
    assert statement == Statement.objects.by_ids(told).get().document


def test_nobody_with_nothing_gets_an_empty_result():
    document = statements_of(UserFactory())
    assert document == {"statements": [], "more": "", "voided": []}


def test_void_statements_are_there_and_said_to_be_void(ada):
    [told] = tell(ada)
    voiding = void(statement_id=told, actor=UserFactory())
    document = statements_of(ada)
    assert str(told) in {one["id"] for one in document["statements"]}
    assert str(voiding) not in document["voided"]
    assert document["voided"] == [str(told)]
    assert "Void" in bundle_of(ada).read("timeline.html").decode()


@pytest.mark.parametrize("size", [0, 1, 4, 5, 11])
def test_batches_meet_without_gap_or_overlap(ada, size, monkeypatch):
    monkeypatch.setattr("academy.xapi.rights.BATCH", 5)
    told = tell(ada, size) if size else []
    document = statements_of(ada)
    assert [one["id"] for one in document["statements"]] == [str(one) for one in told]


def test_no_more_than_a_batch_is_read_at_once(ada, django_assert_max_num_queries):
    tell(ada, 900)
    with django_assert_max_num_queries(30):
        assert write_bundle(ada, BytesIO()) == 900


def test_whether_an_answer_was_right_is_left_out_but_not_for_the_operator():
    made, person = world.make(), UserFactory()
    world.take_placement(made, person)
    answered = [
        one["result"]
        for one in statements_of(person)["statements"]
        if one["verb"]["id"] == adl.ANSWERED.id
    ]
    assert answered
    assert all(result.keys() == {"response"} for result in answered)
    whole = statements_of(person, whole=True)["statements"]
    assert [one["id"] for one in whole] == [
        one["id"] for one in statements_of(person)["statements"]
    ]
    answered = [one["result"] for one in whole if one["verb"]["id"] == adl.ANSWERED.id]
    assert all("score" in result for result in answered)


def test_how_others_did_is_left_out(ada):
    tell(
        ada,
        actor=BOB,
        context={"instructor": identity_for(ada).actor},
        result={"score": {"scaled": 0.1}},
    )
    [statement] = statements_of(ada)["statements"]
    assert "result" not in statement
    [statement] = statements_of(ada, whole=True)["statements"]
    assert statement["result"]["score"]["scaled"] == 0.1


def test_files_come_along_with_their_bytes_but_not_those_of_others(ada):
    [mine] = tell(ada)
    [theirs] = tell(ada, actor=BOB, context={"instructor": identity_for(ada).actor})
    for told, sha2, data in ((mine, "a" * 64, b"\x00essay\xff"), (theirs, "b" * 64, b"other")):
        Attachment.objects.create(sha2=sha2, data=data)
        StatementAttachment.objects.create(statement_id=told, attachment_id=sha2)
    bundle = bundle_of(ada)
    assert bundle.read(f"attachments/{'a' * 64}") == b"\x00essay\xff"
    assert sorted(bundle.namelist()) == [
        f"attachments/{'a' * 64}",
        "statements.json",
        "timeline.html",
    ]
    assert bundle.testzip() is None


# --- The timeline ---------------------------------------------------------------------------------


def test_the_timeline_stands_alone_and_says_the_language(ada):
    tell(ada, object={"id": "https://content.example/x", "definition": {"name": {"en": "<b>X"}}})
    for language, title in (("en", "My record"), ("fr", "Mon dossier")):
        text = bundle_of(ada, language=language).read("timeline.html").decode()
        assert f'<html lang="{language}">' in text
        assert f"<h1>{title}</h1>" in text
    assert not re.search(r"<(script|link|img|iframe)|src=|url\(", text)
    assert "&lt;b&gt;X" in text
    assert "<!-- entries -->" not in text
    assert text.count("<li>") == 1
    assert text.index("<li>") < text.index("</ol>")


def test_a_person_called_like_the_mark_changes_nothing():
    person = UserFactory(first_name="<!-- entries -->", last_name="X")
    tell(person)
    text = bundle_of(person).read("timeline.html").decode()
    assert text.index("<ol>") < text.index("<li>") < text.index("</ol>")


# --- The owed work --------------------------------------------------------------------------------


def test_asking_twice_owes_one_copy(ada):
    first = request_export(person=ada, language="en")
    assert request_export(person=ada, language="fr") == first


def test_one_worker_makes_it_and_the_others_pass(ada):
    tell(ada, 2)
    owed = request_export(person=ada, language="en")
    assert claim_export(owed.pk) is not None
    assert claim_export(owed.pk) is None
    assert make_export(owed.pk) is None
    assert owed_exports() == []
    later = now() + LEASE * 2
    assert owed_exports(at=later) == [owed.pk]
    done = make_export(owed.pk, at=later)
    assert (done.state, done.written, done.expected) == ("done", 2, 2)
    assert zipfile.ZipFile(done.file.open()).testzip() is None


def test_a_worker_that_lost_its_lease_stops_and_leaves_nothing(ada, monkeypatch):
    tell(ada, 3)
    owed = request_export(person=ada, language="en")
    written = exporting.count_about

    def overtaken(keys):
        PersonExport.objects.update(claimed_by=uuid.uuid4())
        return written(keys)

    monkeypatch.setattr(exporting, "count_about", overtaken)
    assert make_export(owed.pk) is None
    owed.refresh_from_db()
    assert owed.state == "claimed"
    assert not owed.file


def test_what_fails_is_tried_again_and_given_up_in_the_end(ada, monkeypatch):
    tell(ada)
    owed, at = request_export(person=ada, language="en"), now()
    monkeypatch.setattr(exporting, "_line", lambda row: 1 / 0)
    for _number in range(MAX_TRIES):
        assert make_export(owed.pk, at=at) is None
        at += timedelta(hours=2)
    assert make_export(owed.pk, at=at) is None
    owed.refresh_from_db()
    assert (owed.state, owed.tries) == ("failed", MAX_TRIES)
    assert request_export(person=ada, language="en") != owed


def test_the_sweep_makes_what_a_lost_message_left(ada, run_tasks):
    owed = request_export(person=ada, language="en")
    assert sweep_exports() == 0  # it may still be on its way
    with time_machine.travel(now() + timedelta(seconds=10)):
        assert sweep_exports() == 1
    owed.refresh_from_db()
    assert owed.state == "done"


def test_a_copy_is_removed_after_a_week_with_its_file(ada):
    done = copy_for(ada)
    path = done.file.path
    assert remove_expired(at=done.finished_at + KEPT - timedelta(seconds=1)) == 0
    with open(path):
        pass
    assert remove_expired(at=done.finished_at + KEPT) == 1
    assert not PersonExport.objects.exists()
    with pytest.raises(FileNotFoundError), open(path):
        pass


def test_a_new_copy_takes_the_place_of_the_old_one(ada):
    old = copy_for(ada)
    new = copy_for(ada)
    assert list(PersonExport.objects.all()) == [new]
    with pytest.raises(FileNotFoundError), open(old.file.path):
        pass


def test_a_copy_under_way_of_an_erased_person_is_not_finished(ada, monkeypatch):
    tell(ada, 3)
    owed = request_export(person=ada, language="en")
    count = exporting.count_about

    def erased_meanwhile(keys):
        found = count(keys)
        erase_person(person=ada, reason="Asked.", by=UserFactory(role=roles.OPERATOR))
        return found

    monkeypatch.setattr(exporting, "count_about", erased_meanwhile)
    assert make_export(owed.pk) is None
    assert not PersonExport.objects.exists()


# --- Pages ----------------------------------------------------------------------------------------


def test_from_asking_to_the_file(ada, page, run_tasks, django_capture_on_commit_callbacks):
    tell(ada, 3)
    address = reverse("portal:copy")
    assert address in page.get(reverse("portal:settings")).content.decode()
    assert address in page.get(reverse("portal:record")).content.decode()
    assert "Make my copy" in page.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert page.post(address).status_code == 302
    text = page.get(address).content.decode()
    assert "with 3 statements" in text
    assert "data-poll" not in text
    done = PersonExport.objects.get()
    answer = page.get(reverse("portal:copy_file", args=[done.uuid]))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment;")
    bundle = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert len(json.loads(bundle.read("statements.json"))["statements"]) == 3


def test_progress_is_shown_while_it_is_made(ada, page):
    owed = request_export(person=ada, language="en")
    claim_export(owed.pk)
    PersonExport.objects.update(written=500, expected=2000)
    status = reverse("portal:copy_status", args=[owed.uuid])
    text = page.get(reverse("portal:copy")).content.decode()
    assert f'data-poll="{status}"' in text
    assert "Make" not in text.split("</h1>")[1]
    assert "500 of 2000" in page.get(status).content.decode()
    assert page.get(reverse("portal:copy_file", args=[owed.uuid])).status_code == 404


def test_an_expired_copy_is_not_given_out_even_before_it_is_removed(ada, page):
    done = copy_for(ada)
    with time_machine.travel(done.expires_at + timedelta(seconds=1)):
        page.force_login(ada)
        answer = page.get(reverse("portal:copy_file", args=[done.uuid]))
    assert answer.status_code == 404


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_a_copy_is_its_persons_alone(ada, role):
    done = copy_for(ada)
    client = Client()
    client.force_login(UserFactory(role=role))
    for name in ("copy_status", "copy_file"):
        assert client.get(reverse(f"portal:{name}", args=[done.uuid])).status_code == 404


# --- The command ----------------------------------------------------------------------------------


def test_the_operators_command_writes_the_file(ada, tmp_path):
    tell(ada, 2)
    out = StringIO()
    call_command("export_person", "ADA@academy.example", out=tmp_path, stdout=out)
    [path] = tmp_path.iterdir()
    assert str(path) in out.getvalue()
    assert path.stat().st_mode & 0o077 == 0
    assert len(json.loads(zipfile.ZipFile(path).read("statements.json"))["statements"]) == 2
    call_command("export_person", "ada@academy.example", out=tmp_path, stdout=out)
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_says_what_it_cannot_do(ada, tmp_path):
    with pytest.raises(CommandError, match="nobody"):
        call_command("export_person", "eve@academy.example", out=tmp_path)
    with pytest.raises(CommandError, match="no folder"):
        call_command("export_person", ada.email, out=tmp_path / "nowhere")


def test_days_in_the_file_are_those_of_the_events(ada):
    tell(ada, timestamp="2025-01-02T03:04:05Z")
    text = bundle_of(ada).read("timeline.html").decode()
    assert f'datetime="{datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat()}"' in text
