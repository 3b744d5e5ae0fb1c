"""A person is erased from the record: it keeps what happened, and no longer says to whom."""

import hashlib
import json
from collections import Counter
from io import StringIO
from uuid import UUID, uuid4

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.core.errors import AcademyError, NotAllowed
from academy.people import roles
from academy.people.models import Identity, Membership, User
from academy.people.services import identity_for
from academy.reporting.completions import completions
from academy.reporting.coverage import coverage
from academy.xapi import erasure as erasing
from academy.xapi.clients import issue_launch_token
from academy.xapi.documents import Conditions, DocumentPlace, put_document
from academy.xapi.erasure import ABANDONED, ERASED, begin_erasure, carry_on, erase_person
from academy.xapi.models import (
    Attachment,
    Document,
    Erasure,
    ErasureRequest,
    LaunchToken,
    OutboxEntry,
    PersonExport,
    Statement,
    StatementAttachment,
    StatementKey,
    StatementTerm,
    agent_key,
)
from academy.xapi.schema import fingerprint, validate
from academy.xapi.services import academy_authority, store, void
from academy.xapi.signatures import USAGE_TYPE as SIGNATURE
from academy.xapi.tasks import sweep_erasures
from academy.xapi.terms import AGENT, AUTHORITY, RELATED_AGENT, term
from courses.models import Enrollment
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import world
from tests.factories.people import MembershipFactory, UserFactory
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db

EMAIL = "ada.achebe@academy.example"
MBOX = f"mailto:{EMAIL}"
BOB = {"objectType": "Agent", "mbox": "mailto:bob@academy.example"}


@pytest.fixture
def ada():
    return UserFactory(email=EMAIL, first_name="Ada", last_name="Achebe", role=roles.LEARNER)


@pytest.fixture
def operator():
    return UserFactory(role=roles.OPERATOR)


@pytest.fixture
def erase(operator):
    return lambda person: erase_person(person=person, reason="She asked for it.", by=operator)


def tell(*statements, authority=None) -> list[UUID]:
    return store(statements=list(statements), authority=authority or academy_authority()).ids


def read(statement_id) -> dict:
    return Statement.objects.by_ids([UUID(str(statement_id))]).get().document


def everything_kept() -> str:
    """All that the store keeps, as one text."""
    rows = Statement.objects.values_list("actor", "raw", "authority")
    return "\n".join(str(row) for row in rows).lower()


def has_term(key: str) -> bool:
    kinds = (AGENT, RELATED_AGENT, AUTHORITY)
    return StatementTerm.objects.filter(term__in=[term(kind, key) for kind in kinds]).exists()


# --- Statements -----------------------------------------------------------------------------------


def everywhere(agent: dict) -> dict:
    """A statement by somebody else that names the agent in every place there is."""
    return make_statement(
        actor={"objectType": "Group", "name": "Team", "member": [agent, BOB]},
        object={
            "objectType": "SubStatement",
            "actor": agent,
            "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
            "object": {"id": "https://content.example/q"},
            "result": {"response": "I, Ada Achebe, think so"},
        },
        context={
            "instructor": agent,
            "team": {"objectType": "Group", "member": [agent]},
            "extensions": {"https://x.example/who": {"mail": f"write to {EMAIL.upper()}", "n": 3}},
        },
    )


def test_nothing_in_the_store_leads_to_the_person_any_more(ada, erase):
    account = identity_for(ada).actor
    names = [
        account,
        {"mbox": MBOX, "name": "Ada Achebe"},
        {"mbox_sha1sum": hashlib.sha1(MBOX.encode()).hexdigest()},
    ]
    for agent in names:
        tell(make_statement(actor=agent, result={"response": "Ada Achebe"}))
        tell(make_statement(actor=BOB, object={"objectType": "Agent", **agent}))
        tell(everywhere(agent))
    tell(make_statement(actor=BOB), authority={**account, "name": "Ada Achebe"})
    count = Statement.objects.count()
    erase(ada)
    kept = everything_kept()
    for secret in (EMAIL, account["account"]["name"], "ada achebe", names[2]["mbox_sha1sum"]):
        assert secret.lower() not in kept
    assert not any(has_term(agent_key(agent)) for agent in names)
    assert Statement.objects.count() == count
    assert not Identity.objects.filter(name=account["account"]["name"]).exists()


def test_every_statement_is_valid_and_its_key_fits_it(ada, erase):
    tell(everywhere(identity_for(ada).actor), make_statement(actor=identity_for(ada).actor))
    erase(ada)
    hashes = dict(StatementKey.objects.values_list("id", "content_hash"))
    for row in Statement.objects.all():
        validate(row.received)
        assert hashes[row.statement_id] == fingerprint(json.loads(row.raw))
        assert row.actor == agent_key(row.received["actor"])


def test_what_happened_stays(ada, erase):
    [told] = tell(
        make_statement(
            actor=identity_for(ada).actor,
            result={
                "score": {"scaled": 0.75, "raw": 3, "max": 4},
                "success": True,
                "duration": "PT5M",
                "response": "My own words",
                "extensions": {"https://x.example/a": [1, "text", {"deep": "text", "n": 2.5}]},
            },
            context={"registration": "8b2a1b9c-6c9e-4f6e-9d53-1d4c2f5b8f10", "platform": "Academy"},
            timestamp="2025-01-02T03:04:05Z",
        )
    )
    before = read(told)
    erase(ada)
    after = read(told)
    assert after["result"].pop("response") == ERASED
    assert after["result"].pop("extensions") == {
        "https://x.example/a": [1, ERASED, {"deep": ERASED, "n": 2.5}]
    }
    before["result"].pop("response"), before["result"].pop("extensions")
    assert after.pop("actor") != before.pop("actor")
    assert after == before


def test_one_person_stays_one_person_and_nobody_knows_which(ada, erase):
    Identity.objects.create(
        person=ada, home_page="https://old.example", name="old-account-4711", is_current=False
    )
    for agent in ({"mbox": MBOX}, *(one.actor for one in ada.identities.all())):
        tell(make_statement(actor=agent))
    identity_for(ada)
    first = erase(ada)
    [actor] = set(Statement.objects.values_list("actor", flat=True))
    assert not Identity.objects.filter(name=actor.split("|")[1]).exists()
    assert (first.names, first.strings, first.pseudonym) == ([], [], {})
    kept = json.dumps(list(Erasure.objects.values()), default=str)
    for secret in (EMAIL, "Achebe", actor.split("|")[1], "old-account-4711"):
        assert secret not in kept


def test_what_others_said_is_theirs(ada, erase):
    actor = identity_for(ada).actor
    [told] = tell(
        make_statement(
            actor=BOB,
            result={"response": "Bob's words", "extensions": {"https://x.example/a": "Bob's"}},
            context={"instructor": actor},
        )
    )
    erase(ada)
    after = read(told)
    assert after["actor"] == BOB
    assert after["result"]["response"] == "Bob's words"
    assert after["context"]["instructor"]["account"] != actor["account"]


def test_somebody_whose_address_is_longer_is_somebody_else(ada, erase):
    other = {"objectType": "Agent", "mbox": f"mailto:b{EMAIL}"}
    text = f"https://x.example/b{EMAIL}-x"
    [told] = tell(
        make_statement(actor=other, context={"extensions": {"https://x.example/t": text}})
    )
    erase(ada)
    assert read(told)["actor"] == other
    assert read(told)["context"]["extensions"] == {"https://x.example/t": text}


def test_a_void_statement_is_erased_too(ada, erase):
    [told] = tell(make_statement(actor=BOB, context={"instructor": identity_for(ada).actor}))
    void(statement_id=told, actor=UserFactory())
    erase(ada)
    assert Statement.objects.by_ids([told]).get().voided
    assert EMAIL not in everything_kept()
    assert not has_term(agent_key(identity_for(UserFactory()).actor))


def test_who_is_found_by_the_pseudonym_afterwards(ada, erase):
    """The store's own filters go on working: by actor, by related agent, by what refers to it."""
    tell(make_statement(actor=identity_for(ada).actor), everywhere(identity_for(ada).actor))
    [told] = tell(make_statement(actor={"mbox": MBOX}))
    ref = {"objectType": "StatementRef", "id": str(told)}
    tell(make_statement(actor=BOB, object=ref))
    before = StatementTerm.objects.count()
    erase(ada)
    assert StatementTerm.objects.count() == before
    new = Statement.objects.by_ids([told]).get().actor
    found = Statement.objects.found_by([[term(AGENT, new), term(RELATED_AGENT, new)]], limit=10)
    assert len(found) == 4


def file(data: bytes, **changes) -> dict:
    return {
        "usageType": "https://x.example/essay",
        "display": {"en": "Essay of Ada"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": hashlib.sha256(data).hexdigest(),
        **changes,
    }


def tell_with(statement: dict, *files: bytes) -> UUID:
    data = {hashlib.sha256(one).hexdigest(): one for one in files}
    return store(statements=[statement], authority=academy_authority(), data=data).ids[0]


def test_attachments_go_unless_others_have_them(ada, erase):
    own, both = b"hers alone", b"a handout"
    mine = tell_with(
        make_statement(actor=identity_for(ada).actor, attachments=[file(own), file(both)]),
        own,
        both,
    )
    theirs = tell_with(make_statement(actor=BOB, attachments=[file(both)]), both)
    done = erase(ada)
    assert "attachments" not in read(mine)
    assert read(theirs)["attachments"]
    assert [bytes(one.data) for one in Attachment.objects.all()] == [both]
    assert StatementAttachment.objects.get().statement_id == theirs
    assert done.attachments == 2


def test_of_a_statement_about_what_she_did_only_her_files_go(ada, erase):
    hers, his = b"hers", b"his"
    told = tell_with(
        make_statement(
            actor=BOB,
            attachments=[file(his)],
            object={
                "objectType": "SubStatement",
                "actor": identity_for(ada).actor,
                "verb": {"id": "http://adlnet.gov/expapi/verbs/attempted"},
                "object": {"id": "https://content.example/q"},
                "attachments": [file(hers)],
            },
        ),
        hers,
        his,
    )
    erase(ada)
    assert [bytes(one.data) for one in Attachment.objects.all()] == [his]
    assert "attachments" not in read(told)["object"]


def test_a_signature_goes_with_what_it_signed(ada, erase):
    """Its payload is the statement as it was, with the person in it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    statement = make_statement(actor=BOB, context={"instructor": identity_for(ada).actor})
    data = jwt.encode(statement, key, algorithm="RS256").encode()
    signature = file(data, usageType=SIGNATURE, contentType="application/octet-stream")
    told = tell_with({**statement, "attachments": [signature]}, data)
    erase(ada)
    assert "attachments" not in read(told)
    assert not Attachment.objects.exists()


def test_what_content_kept_for_the_person_goes(ada, erase):
    account = identity_for(ada).actor
    for agent in (account, {"mbox": MBOX}, BOB):
        place = DocumentPlace(
            Document.Kind.AGENT_PROFILE, agent=agent_key(agent), document_id="likes"
        )
        put_document(
            place=place,
            content=b"Ada likes cheese",
            content_type="text/plain",
            conditions=Conditions(),
        )
    done = erase(ada)
    assert Document.objects.get().agent == agent_key(BOB)
    assert done.documents == 2


# --- Figures --------------------------------------------------------------------------------------


def figures() -> list:
    """Everything that is counted: coverage, completions, and the statements themselves."""
    covered = coverage()
    completed = completions()
    statements = Counter()
    for row in Statement.objects.all():
        document = row.document
        score = document.get("result", {}).get("score", {})
        statements[row.verb, row.activity, row.timestamp, str(score), row.registration] += 1
    return [
        covered.total.people,
        {key: vars_of(tally) for key, tally in covered.total.cells.items()},
        completed.total.count,
        dict(completed.total.cells),
        statements,
        Statement.objects.values("actor").distinct().count(),
        Credential.objects.count(),
    ]


def vars_of(tally) -> tuple:
    return tally.required, tally.holding, tally.placed


def test_every_figure_stays_as_it_was(operator):
    made = world.make()
    people = [UserFactory(), UserFactory(), UserFactory()]
    for person in people:
        MembershipFactory(person=person)
        world.take_placement(made, person)
        world.learn(made, person)
        world.take_final(made, person)
    leaver = people[0]
    leaver.is_active = False  # who leaves is no longer counted among those who are here
    leaver.save()
    before = figures()
    assert before[2] == 3
    erase_person(person=leaver, reason="Asked.", by=operator)
    after = figures()
    assert after == before


def test_an_erased_account_is_counted_like_one_that_was_closed(operator):
    made = world.make()
    people = [UserFactory(), UserFactory()]
    for person in people:
        MembershipFactory(person=person)
    assert coverage().total.people == 2
    erase_person(person=people[0], reason="Asked.", by=operator)
    assert coverage().total.people == 1
    assert Membership.objects.count() == 2
    assert made


# --- The person -----------------------------------------------------------------------------------


def test_the_account_is_closed_and_names_nobody(ada, erase):
    client = Client()
    client.force_login(ada)
    assert client.get(reverse("portal:home")).status_code == 200
    uuid = ada.uuid
    erase(ada)
    row = User.objects.get(pk=ada.pk)
    assert not row.is_active
    assert not row.has_usable_password()
    assert not row.groups.exists()
    assert row.uuid != uuid
    assert "ada" not in str(row).lower()
    assert row.email.endswith("@erased.invalid")
    assert client.get(reverse("portal:home")).status_code == 302


def test_answers_plans_and_copies_go_and_what_was_proven_stays(operator):
    made, person = world.make(), UserFactory(first_name="Ada", last_name="Achebe")
    world.take_placement(made, person)
    world.learn(made, person)
    world.take_final(made, person)
    PersonExport.objects.create(person=person, language="en", requested_at=now())
    credential = issue_credential(Credential.objects.get(learner=person).pk)
    path = credential.pdf.path
    erase_person(person=person, reason="Asked.", by=operator)
    attempts = person.attempts.all()
    assert attempts.count() == 2
    for attempt in attempts:
        answers = attempt.responses.values_list("answer", "score")
        assert {answer for answer, _score in answers} == {None}
        assert None not in {score for _answer, score in answers}
    assert not PersonExport.objects.exists()
    assert not hasattr(User.objects.get(pk=person.pk), "learning_plan")
    credential.refresh_from_db()
    assert credential.award["name"] == ""
    assert credential.is_issued
    with pytest.raises(FileNotFoundError), open(path):
        pass
    page = Client().get(reverse("credentials:verify", args=[credential.code]))
    text = page.content.decode()
    assert "Achebe" not in text
    assert "name was erased" in text


def test_what_is_under_way_ends_and_speaks_for_nobody(operator):
    made, person = world.make(), UserFactory()
    world.learn(made, person)
    from courses.services import start_final

    start_final(learner=person, module=made.module)
    erase_person(person=person, reason="Asked.", by=operator)
    assert not person.attempts.exists()
    assert Enrollment.objects.get(learner=person).status == Enrollment.Status.WITHDRAWN
    assert not person.identities.exists()


def test_what_content_kept_about_her_goes_and_what_it_kept_about_others_stays(ada, erase):
    account = identity_for(ada).actor
    issue_launch_token(person=ada, registration=uuid4())
    for kind in Document.Kind:
        for agent in (account, {"mbox": MBOX}, BOB):
            is_about_nobody = kind == Document.Kind.ACTIVITY_PROFILE
            put_document(
                place=DocumentPlace(
                    kind=kind,
                    activity="https://content.example/1",
                    agent="" if is_about_nobody else agent_key(agent),
                    document_id="bookmark",
                ),
                content=b"page 7",
                content_type="text/plain",
                conditions=Conditions(),
            )
    assert Document.objects.count() == 7
    erase(ada)

    left = sorted(Document.objects.values_list("kind", "agent"))
    assert left == [("activity", ""), ("agent", BOB["mbox"]), ("state", BOB["mbox"])]
    assert not LaunchToken.objects.exists()


def test_the_admins_log_no_longer_names_the_person(ada, erase, operator):
    from wagtail.log_actions import log

    log(instance=ada, action="wagtail.edit", user=operator)
    erase(ada)
    from wagtail.models import ModelLogEntry

    assert {entry.label for entry in ModelLogEntry.objects.for_instance(ada)} == {""}


# --- Who, why, and only once ----------------------------------------------------------------------


def test_it_is_written_down_who_did_it_when_and_why(ada, erase, operator):
    tell(make_statement(actor=identity_for(ada).actor))
    with time_machine.travel("2026-03-04T05:06:07Z", tick=False):
        done = erase(ada)
    row = Erasure.objects.get(pk=done.pk)
    assert (row.erased_by, row.reason, row.statements) == (operator, "She asked for it.", 1)
    assert row.started_at.isoformat() == "2026-03-04T05:06:07+00:00"
    assert row.finished_at is not None


@pytest.mark.parametrize("role", [one for one in roles.ALL_ROLES if one != roles.OPERATOR])
def test_only_an_operator_erases(ada, role):
    with pytest.raises(NotAllowed):
        erase_person(person=ada, reason="No.", by=UserFactory(role=role))
    ada.refresh_from_db()
    assert ada.email == EMAIL


def test_nobody_erases_themselves_a_superuser_or_without_a_reason(ada, operator):
    with pytest.raises(NotAllowed):
        erase_person(person=operator, reason="Me.", by=operator)
    with pytest.raises(AcademyError, match="Say why"):
        erase_person(person=ada, reason="  ", by=operator)
    root = User.objects.create_superuser("root@academy.example", "x")
    with pytest.raises(NotAllowed):
        erase_person(person=root, reason="No.", by=operator)
    assert not Erasure.objects.exists()


class Killed(BaseException):
    """What a killed process leaves behind: whatever was not committed."""


def test_a_run_that_was_killed_is_finished_by_the_next(ada, operator, monkeypatch):
    actor = identity_for(ada).actor
    tell(*(make_statement(actor=actor) for _number in range(7)))
    monkeypatch.setattr("academy.xapi.rights.BATCH", 2)
    rewrite, calls = erasing._rewrite, []

    def killed_in_the_third(*args):
        calls.append(1)
        with transaction.atomic():
            rewrite(*args)
            if len(calls) == 3:
                raise Killed

    monkeypatch.setattr(erasing, "_rewrite", killed_in_the_third)
    begun = begin_erasure(person=ada, reason="Asked.", by=operator)
    with pytest.raises(Killed):
        carry_on(begun)
    monkeypatch.setattr(erasing, "_rewrite", rewrite)
    begun.refresh_from_db()
    assert begun.statements == 4
    assert Statement.objects.values("actor").distinct().count() == 2  # half-way
    sweep_erasures()
    begun.refresh_from_db()
    assert begun.finished_at is None  # somebody may still be at it
    with time_machine.travel(now() + ABANDONED * 2):
        sweep_erasures()
    begun.refresh_from_db()
    assert begun.finished_at is not None
    assert begun.statements == 7
    assert actor["account"]["name"].lower() not in everything_kept()
    assert Statement.objects.values("actor").distinct().count() == 1


def test_carrying_on_twice_changes_nothing_more(ada, erase):
    tell(make_statement(actor=identity_for(ada).actor, result={"response": "words"}))
    done = erase(ada)
    before = list(Statement.objects.values())
    carry_on(Erasure.objects.get(pk=done.pk))
    assert list(Statement.objects.values()) == before


def test_a_finished_erasure_cannot_remember(ada, erase):
    done = erase(ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.filter(pk=done.pk).update(names=[{"mbox": MBOX}])


@pytest.mark.parametrize("size", [3, 60])
def test_a_statement_costs_two_writes_and_the_rest_is_for_the_batch(
    ada, operator, size, django_assert_max_num_queries
):
    actor = identity_for(ada).actor
    tell(*(make_statement(actor=actor) for _number in range(size)))
    begun = begin_erasure(person=ada, reason="Asked.", by=operator)
    with django_assert_max_num_queries(66 + 2 * size):
        carry_on(begun)


# --- Other stores ---------------------------------------------------------------------------------


def owe(told, destination, state):
    name = OutboxEntry._meta.get_field("destination").attname
    claim = {"lease_until": now(), "claim": UUID(int=1)} if state == "claimed" else {}
    OutboxEntry.objects.create(
        statement_id=told, state=state, next_attempt_at=now(), **{name: destination}, **claim
    )


def test_stores_that_have_the_statements_are_to_be_asked(ada, erase):
    actor = identity_for(ada).actor
    told = tell(*(make_statement(actor=actor) for _number in range(3)))
    for one, destination, state in zip(
        told, ("sent", "sending", "waiting"), ("delivered", "claimed", "pending"), strict=True
    ):
        owe(one, destination, state)
    erase(ada)
    requests = ErasureRequest.objects.order_by("destination")
    assert [one.destination for one in requests] == ["sending", "sent"]
    assert actor in requests[0].names
    waiting = OutboxEntry.objects.get(destination="waiting")
    assert actor["account"]["name"] not in json.dumps(read(waiting.statement_id))


def test_a_confirmed_request_forgets_the_name(ada, erase):
    [told] = tell(make_statement(actor=identity_for(ada).actor))
    owe(told, "warehouse", "delivered")
    erase(ada)
    out = StringIO()
    call_command("erasure_requests", stdout=out)
    listed = json.loads(out.getvalue())
    assert listed["destination"] == "warehouse"
    call_command("erasure_requests", confirm=listed["id"], stdout=out)
    row = ErasureRequest.objects.get()
    assert (row.state, row.names) == (ErasureRequest.State.CONFIRMED, [])
    assert row.confirmed_at is not None
    with pytest.raises(CommandError):
        call_command("erasure_requests", confirm=row.pk + 1)


# --- The command ----------------------------------------------------------------------------------


def command(email=EMAIL, **options) -> str:
    out = StringIO()
    call_command("erase_person", email, stdout=out, **options)
    return out.getvalue()


def test_the_dry_run_says_how_much_and_changes_nothing(ada):
    tell(make_statement(actor=identity_for(ada).actor), everywhere({"mbox": MBOX}))
    before = list(Statement.objects.values())
    assert "2 statements under 1 accounts" in command(dry_run=True)
    assert list(Statement.objects.values()) == before
    assert not Erasure.objects.exists()


def test_the_command_erases_and_a_second_time_finds_nobody(ada, operator):
    tell(make_statement(actor=identity_for(ada).actor))
    said = command(reason="Asked.", by=operator.email, no_input=True)
    assert "1 statements rewritten" in said
    with pytest.raises(CommandError, match="nobody"):
        command(reason="Asked.", by=operator.email, no_input=True)


def test_the_command_takes_up_what_was_stopped(ada, operator):
    tell(make_statement(actor=identity_for(ada).actor))
    begin_erasure(person=ada, reason="Asked.", by=operator)
    assert "1 statements rewritten" in command()
    assert Erasure.objects.get().finished_at is not None


def test_the_command_asks_for_an_operator_and_for_the_address_again(ada, operator, monkeypatch):
    with pytest.raises(CommandError, match="--by"):
        command(reason="Asked.", no_input=True)
    with pytest.raises(CommandError, match="Only an operator"):
        command(reason="Asked.", by=ada.email, no_input=True)
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match="Nothing was done"):
        command(reason="Asked.", by=operator.email)
    assert User.objects.filter(email=EMAIL).exists()
