"""Statements are kept as long as they are good for something, and then removed for good."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from academy.competencies.models import CompetencyRecord
from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.services import identity_for
from academy.xapi import partitions
from academy.xapi.models import (
    Attachment,
    OutboxEntry,
    Purge,
    Statement,
    StatementAttachment,
    StatementKey,
    StatementReference,
    StatementTerm,
)
from academy.xapi.partitions import make_partitions, month_after, months_of, partition_name
from academy.xapi.retention import Retention, class_of, purge
from academy.xapi.services import academy_authority, store, void
from academy.xapi.tasks import purge_statements
from academy.xapi.vocabulary import adl, badges, cmi5
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import world
from tests.factories.people import UserFactory
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=400)
TABLE = Statement._meta.db_table
on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="only PostgreSQL has partitions"
)


@pytest.fixture(autouse=True)
def kept_for(settings):
    settings.RETENTION_TRACE_MONTHS = 12
    settings.RETENTION_ANSWER_MONTHS = 12
    settings.RETENTION_EVIDENCE_MONTHS = 12


def tell(person, verb=adl.EXPERIENCED, at=OLD, **changes):
    statement = make_statement(actor=identity_for(person).actor, verb=verb.as_json(), **changes)
    return store(statements=[statement], authority=academy_authority(), at=at).ids[0]


def leaver():
    return UserFactory(is_active=False)


def there() -> set:
    return set(Statement.objects.values_list("statement_id", flat=True))


def owe(told, state):
    name = OutboxEntry._meta.get_field("destination").attname
    claim = {"lease_until": NOW, "claim": uuid.uuid4()} if state == "claimed" else {}
    OutboxEntry.objects.create(
        statement_id=told, state=state, next_attempt_at=NOW, **{name: "warehouse"}, **claim
    )


# --- Which ----------------------------------------------------------------------------------------


def test_nothing_goes_unless_somebody_said_how_long_it_is_kept(settings):
    settings.RETENTION_TRACE_MONTHS = 0
    settings.RETENTION_ANSWER_MONTHS = 0
    settings.RETENTION_EVIDENCE_MONTHS = 0
    tell(leaver(), at=datetime(2001, 1, 1, tzinfo=UTC))
    purge(at=NOW)
    assert len(there()) == 1


def test_only_what_is_older_than_its_class_is_kept(settings):
    settings.RETENTION_ANSWER_MONTHS = 24
    person = UserFactory()
    tell(person)
    young = tell(person, at=NOW - timedelta(days=360))
    answer = tell(person, adl.ANSWERED)
    report = purge(at=NOW)
    assert there() == {young, answer}
    assert report.statements == Counter({Retention.TRACE: 1})


def test_evidence_stays_while_its_person_is_here():
    here, gone = UserFactory(), leaver()
    kept = {tell(here, verb) for verb in (adl.PASSED, adl.COMPLETED, cmi5.SATISFIED, badges.EARNED)}
    tell(gone, adl.PASSED)
    purge(at=NOW)
    assert there() == kept


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:ada@academy.example"},
        {"mbox": "mailto:Ada@academy.example"},
        {"mbox_sha1sum": "1dae7a0a8c8b0a6a7f4ba8f8a9f6b0f1c5e9d2a3"},
        {"objectType": "Group", "member": [{"mbox": "mailto:ada@academy.example"}]},
    ],
    ids=["mbox", "another case", "mbox_sha1sum", "member"],
)
def test_evidence_by_whatever_name_stays_too(actor):
    import hashlib

    ada = UserFactory(email="ada@academy.example")
    if "mbox_sha1sum" in actor:
        actor = {"mbox_sha1sum": hashlib.sha1(f"mailto:{ada.email}".encode()).hexdigest()}
    statement = make_statement(actor=actor)
    store(statements=[statement], authority=academy_authority(), at=OLD)
    purge(at=NOW)
    assert len(there()) == 1
    ada.is_active = False
    ada.save()
    purge(at=NOW)
    assert there() == set()


def test_a_verb_nobody_knows_is_kept_as_evidence():
    assert class_of("https://verbs.example/braided") == Retention.EVIDENCE
    assert class_of(adl.VOIDED.id) == Retention.EVIDENCE


def test_nothing_that_a_claim_rests_on_goes_while_the_person_is_here(settings):
    settings.RETENTION_TRACE_MONTHS = settings.RETENTION_ANSWER_MONTHS = 1
    settings.RETENTION_EVIDENCE_MONTHS = 1
    made, person = world.make(), UserFactory()
    world.take_placement(made, person)
    world.learn(made, person)
    world.take_final(made, person)
    credential = issue_credential(Credential.objects.get(learner=person).pk)
    purge(at=NOW + timedelta(days=3650))
    claimed = {uuid.UUID(one) for one in credential.award["evidence"]["statements"]}
    for record in CompetencyRecord.objects.all():
        claimed |= {uuid.UUID(one) for one in record.evidence["statements"]}
    claimed |= set(person.attempts.values_list("statement_id", flat=True))
    assert claimed <= there()
    assert not Statement.objects.filter(verb=adl.ANSWERED.id).exists()


@pytest.mark.parametrize(("state", "stays"), [("pending", 1), ("claimed", 1), ("delivered", 0)])
def test_what_another_store_is_still_owed_stays(state, stays):
    owe(tell(leaver()), state)
    purge(at=NOW)
    assert len(there()) == stays
    assert OutboxEntry.objects.count() == stays


# --- For good -------------------------------------------------------------------------------------


def test_all_that_hangs_on_it_goes_and_what_others_need_stays():
    person = leaver()
    told, kept = tell(person), tell(UserFactory(), adl.PASSED)
    ref = {"objectType": "StatementRef", "id": str(kept)}
    tell(person, adl.EXPERIENCED, object=ref)
    for sha2, ids in (("a" * 64, [told]), ("b" * 64, [told, kept])):
        Attachment.objects.create(sha2=sha2, data=b"x")
        for one in ids:
            StatementAttachment.objects.create(statement_id=one, attachment_id=sha2)
    purge(at=NOW)
    assert there() == {kept}
    assert set(StatementTerm.objects.values_list("statement", flat=True)) == set(
        Statement.objects.values_list("pk", flat=True)
    )
    assert not StatementReference.objects.exists()
    assert list(Attachment.objects.values_list("pk", flat=True)) == ["b" * 64]


def test_what_was_purged_does_not_come_back_by_being_sent_again():
    person = leaver()
    statement = make_statement(actor=identity_for(person).actor, verb=adl.EXPERIENCED.as_json())
    authority = academy_authority()
    [told] = store(statements=[statement], authority=authority, at=OLD).ids
    purge(at=NOW)
    assert StatementKey.objects.held().filter(id=told).exists()
    store(statements=[statement], authority=authority)
    with pytest.raises(Conflict):
        store(statements=[{**statement, "result": {"success": True}}], authority=authority)
    assert there() == set()


def test_a_voided_statement_goes_like_any_other():
    told = tell(leaver())
    void(statement_id=told, actor=UserFactory())
    purge(at=NOW)
    assert told not in there()


# --- Written down ---------------------------------------------------------------------------------


def test_each_run_is_written_down_and_a_run_without_work_is_not():
    person = leaver()
    for _number in range(3):
        tell(person)
    tell(person, adl.PASSED)
    purge(at=NOW)
    rows = {row.retention_class: row for row in Purge.objects.all()}
    assert {one: row.statements for one, row in rows.items()} == {"trace": 3, "evidence": 1}
    assert all(row.finished_at and row.stored_before < NOW for row in rows.values())
    purge(at=NOW)
    assert Purge.objects.count() == 2


def test_batches_meet_and_a_bounded_run_leaves_the_rest_to_the_next(monkeypatch):
    monkeypatch.setattr("academy.xapi.retention.BATCH", 2)
    person = leaver()
    for number in range(5):
        tell(person, at=OLD + timedelta(seconds=number))
    purge(at=NOW, max_batches=1)
    assert len(there()) == 3
    purge(at=NOW)
    assert there() == set()
    assert sum(Purge.objects.values_list("statements", flat=True)) == 5


def test_the_dry_run_counts_and_removes_nothing():
    person = leaver()
    tell(person)
    tell(person, adl.PASSED)
    before = there()
    out = StringIO()
    call_command("purge_statements", dry_run=True, stdout=out)
    assert "trace" in out.getvalue()
    assert out.getvalue().count(": 1 to remove") == 2
    assert there() == before
    assert not Purge.objects.exists()
    call_command("purge_statements", stdout=out)
    assert there() == set()


def test_the_task_purges():
    tell(leaver())
    purge_statements()
    assert there() == set()


# --- Months ---------------------------------------------------------------------------------------


def old_month(back: int = 20):
    """A month long ago, with a partition of its own."""
    month = month_after(NOW.date().replace(day=1), -back)
    tell(leaver(), at=datetime(month.year, month.month, 10, tzinfo=UTC))
    make_partitions(on=NOW.date())
    assert month in months_of(TABLE)
    return month


def in_month(month, day=12):
    return datetime(month.year, month.month, day, tzinfo=UTC)


@on_postgresql
def test_a_month_in_which_everything_is_over_is_dropped_whole():
    month = old_month()
    [told] = there()
    owe(told, "delivered")
    report = purge(at=NOW)
    assert report.partitions[0] == partition_name(TABLE, month)
    assert there() == set()
    assert not StatementTerm.objects.exists()
    assert not OutboxEntry.objects.exists()
    for table in partitions.partitioned_tables():
        assert month not in months_of(table)
    assert Purge.objects.get(statements=1).partitions[0] == partition_name(TABLE, month)
    assert StatementKey.objects.held().filter(id=told).exists()


@on_postgresql
def test_a_month_with_something_to_keep_loses_only_the_rest():
    month = old_month()
    kept = tell(UserFactory(), adl.PASSED, at=in_month(month))
    report = purge(at=NOW)
    assert there() == {kept}
    assert partition_name(TABLE, month) not in report.partitions
    assert month in months_of(TABLE)


@on_postgresql
@pytest.mark.parametrize("state", ["pending", "claimed"])
def test_a_month_with_something_owed_is_not_dropped(state):
    month = old_month()
    [told] = there()
    owe(told, state)
    purge(at=NOW)
    assert there() == {told}
    assert month in months_of(TABLE)


@on_postgresql
def test_a_month_with_a_class_that_is_kept_for_ever_is_not_dropped(settings):
    settings.RETENTION_EVIDENCE_MONTHS = 0
    month = old_month()
    kept = tell(leaver(), adl.PASSED, at=in_month(month))
    purge(at=NOW)
    assert there() == {kept}
    assert month in months_of(TABLE)


@on_postgresql
def test_the_present_and_coming_months_stay(settings):
    before = months_of(TABLE)
    settings.RETENTION_TRACE_MONTHS = 1
    purge(at=now())
    first = NOW.date().replace(day=1)
    assert {month for month in before if month >= first} <= months_of(TABLE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}_default")
        assert cursor.fetchone() == (0,)
