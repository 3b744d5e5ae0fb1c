"""My record: every step in words, every claim traced to its statements, nothing that may not show."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from academy.people.services import identity_for
from academy.portal.timeline import VERBS, Kind, Timeline, entries_of
from academy.xapi import vocabulary
from academy.xapi.models import Statement
from academy.xapi.services import academy_authority, activity, record, store, void
from academy.xapi.vocabulary import ActivityType, Verb, adl, cmi5, tincan
from courses.models import PlanItem
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import world
from tests.factories.people import UserFactory
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db
EVE = {"objectType": "Agent", "mbox": "mailto:eve@academy.example"}


@pytest.fixture
def made():
    return world.make()


@pytest.fixture
def ada(made):
    """Somebody who has one of everything."""
    person = UserFactory()
    world.take_placement(made, person)
    world.learn(made, person)
    world.take_final(made, person)
    issue_credential(Credential.objects.get(learner=person).pk)
    return person


@pytest.fixture
def page(ada):
    client = Client()
    client.force_login(ada)
    return lambda name, *args, **query: client.get(reverse(f"portal:{name}", args=args), query)


def say(person, verb: Verb, *, kind="courses", type=ActivityType.COURSE, **more):
    return record(
        actor=person,
        verb=verb,
        activity=activity(kind=kind, uuid=uuid4(), type=type, name={"en": "Thing"}),
        **more,
    )


def verbs_of_ours() -> set[Verb]:
    return {
        verb
        for group in (
            vocabulary.adl,
            vocabulary.badges,
            vocabulary.cmi5,
            vocabulary.streams,
            vocabulary.tincan,
        )
        for verb in vars(group).values()
        if isinstance(verb, Verb)
    }


def whats(timeline: Timeline) -> list[str]:
    return [str(entry.what) for entry in timeline.entries]


@pytest.mark.parametrize(
    "verb", sorted(verbs_of_ours(), key=lambda one: one.id), ids=lambda v: v.id
)
def test_every_verb_of_ours_is_said_to_the_person(verb):
    _kind, words = VERBS[verb.id]
    assert str(words).startswith(("You ", "Your "))


def test_a_verb_nobody_knows_is_shown_in_its_own_words():
    person = UserFactory()
    verb = {"id": "https://verbs.example/braided", "display": {"en": "braided", "fr": "a tressé"}}
    _send(person, verb=verb)
    assert whats(Timeline(person)) == ["braided"]
    with override("fr"):
        assert whats(Timeline(person)) == ["a tressé"]


def test_a_verb_without_words_is_shown_by_its_address():
    person = UserFactory()
    _send(person, verb={"id": "https://verbs.example/braided"})
    assert whats(Timeline(person)) == ["https://verbs.example/braided"]


def test_a_plan_was_made_and_a_module_was_planned():
    person = UserFactory()
    say(person, tincan.PLANNED, kind="modules", type=ActivityType.MODULE)
    say(person, tincan.PLANNED, kind="plans", type=ActivityType.OBJECTIVE)
    assert whats(Timeline(person)) == ["Your plan was made:", "You planned"]


def _send(person, **changes):
    """A statement about the person from another program."""
    statement = make_statement(actor=identity_for(person).actor, **changes)
    store(statements=[statement], authority=academy_authority())
    return statement["id"]


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:ada@academy.example"},
        {"mbox_sha1sum": hashlib.sha1(b"mailto:ada@academy.example").hexdigest()},
    ],
    ids=["mbox", "mbox_sha1sum"],
)
def test_what_a_program_says_of_their_address_is_in_their_record(actor):
    person = UserFactory(email="ada@academy.example")
    store(statements=[make_statement(actor=actor)], authority=academy_authority())
    assert whats(Timeline(person)) == ["You completed"]
    assert whats(Timeline(UserFactory())) == []


# --- Filters --------------------------------------------------------------------------------------


def test_kinds_part_the_record(ada):
    everything = {entry.statement_id for entry in Timeline(ada).entries}
    parts = [{entry.statement_id for entry in Timeline(ada, kind=kind).entries} for kind in Kind]
    assert set.union(*parts) == everything
    assert sum(map(len, parts)) == len(everything)
    said = {
        "You completed",
        "You started an attempt at",
        "You answered question",
        "You passed",
    }
    assert set(whats(Timeline(ada, kind=Kind.ASSESSMENT))) == said


def test_other_words_and_objects_that_are_no_activity_have_a_kind(ada):
    other = _send(ada, verb={"id": "https://verbs.example/braided"})
    met = _send(ada, verb=adl.INTERACTED.as_json(), object=EVE)
    assert [str(one.statement_id) for one in Timeline(ada, kind=Kind.OTHER).entries] == [other]
    assert met in {str(one.statement_id) for one in Timeline(ada, kind=Kind.LEARNING).entries}


def test_days_are_whole_and_both_count():
    person = UserFactory()
    start = datetime(2025, 3, 9, 23, 59, 59, tzinfo=UTC)
    for offset in range(4):
        say(person, adl.EXPERIENCED, at=start + timedelta(days=offset, seconds=1 if offset else 0))
    found = Timeline(person, since=datetime(2025, 3, 10).date(), until=datetime(2025, 3, 11).date())
    assert [entry.at.day for entry in found.entries] == [11]
    first = Timeline(person, until=datetime(2025, 3, 9).date())
    assert [entry.at.day for entry in first.entries] == [9]


def test_a_filter_that_cannot_be_is_said_and_shows_everything(page):
    response = page("record", since="2025-02-02", until="2025-02-01")
    assert response.status_code == 400
    assert "This day is before the first one." in response.content.decode()
    assert page("record", kind="nonsense").status_code == 400
    assert page("record", until="9999-12-31").status_code == 400
    assert page("record", since="0001-01-01").status_code == 400


def test_pages_keep_the_filter(ada, page):
    for _number in range(60):
        say(ada, adl.EXPERIENCED)
    first = page("record", kind="learning").context["timeline"]
    second = page("record", kind="learning", before=first.older)
    shown = {entry.statement_id for entry in first.entries}
    later = {entry.statement_id for entry in second.context["timeline"].entries}
    assert not shown & later
    assert "kind=learning&amp;before=" in second.content.decode()
    assert "?kind=learning" in second.content.decode()


@pytest.mark.parametrize("size", [3, 40])
def test_a_page_asks_the_same_number_of_questions(size, django_assert_num_queries):
    person = UserFactory()
    for _number in range(size):
        say(person, adl.EXPERIENCED)
    with django_assert_num_queries(2):
        assert Timeline(person, kind=Kind.LEARNING).entries


# --- Nothing that may not show --------------------------------------------------------------------


@pytest.mark.parametrize("able", [True, False])
def test_whether_an_answer_was_right_is_nowhere_told(made, able):
    person = UserFactory()
    world.take_placement(made, person, able=able)
    client = Client()
    client.force_login(person)
    answers = Statement.objects.filter(verb=adl.ANSWERED.id)
    assert answers
    for row in answers:
        assert "score" in row.document["result"]  # the store knows
        for name in ("statement", "statement_json"):
            text = client.get(reverse(f"portal:{name}", args=[row.statement_id])).content.decode()
            assert "success" not in text
            assert "scaled" not in text
            assert str(row.document["result"]["response"]) in text
    listed = client.get(reverse("portal:record"), {"kind": "assessment"}).content.decode()
    assert "%" not in listed.split("<ol")[1].split("</ol>")[0]


def test_the_key_of_another_programs_question_is_not_shown(ada, page):
    question = {
        "id": "https://content.example/q1",
        "definition": {
            "type": ActivityType.CMI_INTERACTION,
            "interactionType": "fill-in",
            "correctResponsesPattern": ["forty-two"],
        },
    }
    told = _send(ada, verb=adl.ANSWERED.as_json(), object=question, result={"response": "seven"})
    assert "seven" in page("statement", told).content.decode()
    assert "forty-two" not in page("statement", told).content.decode()
    assert "forty-two" not in page("statement_json", told).content.decode()


def test_of_a_lessons_own_check_the_person_is_told_at_once(ada, page):
    told = say(
        ada,
        adl.ANSWERED,
        kind="checks",
        type=ActivityType.CMI_INTERACTION,
        result={"success": True, "response": "1"},
    )
    assert "success" in page("statement", told).content.decode()


# --- One statement --------------------------------------------------------------------------------


def test_each_entry_leads_to_its_statement_and_the_file_is_the_statement(ada, page):
    text = page("record").content.decode()
    for entry in Timeline(ada).entries:
        assert reverse("portal:statement", args=[entry.statement_id]) in text
    passed = Statement.objects.get(verb=adl.PASSED.id)
    shown = page("statement", passed.statement_id)
    assert shown.status_code == 200
    assert str(passed.statement_id) in shown.content.decode()
    answer = page("statement_json", passed.statement_id)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert json.loads(answer.content) == passed.document


def test_what_a_statement_holds_is_text_and_never_markup(ada, page):
    told = _send(ada, result={"response": "<script>alert(1)</script>"})
    assert "<script>alert" not in page("statement", told).content.decode()


def test_a_void_statement_leaves_the_timeline_and_is_said_to_be_void(ada, page, made):
    passed = Statement.objects.get(verb=adl.PASSED.id)
    void(statement_id=passed.statement_id, actor=UserFactory())
    assert passed.statement_id not in {one.statement_id for one in Timeline(ada).entries}
    assert "This statement is void" in page("statement", passed.statement_id).content.decode()
    [evidence] = [one for one in entries_of(ada, [passed.statement_id]) if one.voided]
    assert evidence.statement_id == passed.statement_id


# --- What a claim rests on ------------------------------------------------------------------------


def links(response) -> set[str]:
    """The statements that the page leads to."""
    text = response.content.decode()
    return {
        str(row.statement_id)
        for row in Statement.objects.all()
        if reverse("portal:statement", args=[row.statement_id]) in text
    }


def ids(**query) -> set[str]:
    return {str(row.statement_id) for row in Statement.objects.filter(**query)}


def test_a_held_competency_rests_on_the_pass_and_the_proof(ada, page, made):
    uuid = made.skill.uuid
    assert reverse("portal:competency_evidence", args=[uuid]) in page("record").content.decode()
    assert reverse("portal:competency_evidence", args=[uuid]) in page("plan").content.decode()
    placement = ada.attempts.order_by("pk").first()
    assert links(page("competency_evidence", uuid)) == (
        ids(verb=adl.PASSED.id) | ids(verb=cmi5.SATISFIED.id) | {str(placement.statement_id)}
    )


def test_a_competency_without_a_record_has_no_page(page):
    from tests.factories.competencies import CompetencyFactory

    assert page("competency_evidence", CompetencyFactory().uuid).status_code == 404


def test_a_certificate_rests_on_what_it_names(ada, page):
    credential = Credential.objects.get(learner=ada)
    address = reverse("portal:credential_evidence", args=[credential.uuid])
    assert address in page("credentials").content.decode()
    found = links(page("credential_evidence", credential.uuid))
    assert found >= ids(verb=adl.PASSED.id) | ids(verb=cmi5.SATISFIED.id)
    assert found >= set(credential.award["evidence"]["statements"])


def test_a_proven_module_of_the_plan_rests_on_the_pass(ada, page):
    item = PlanItem.objects.get(learner=ada)
    assert item.state == PlanItem.State.PROVEN
    assert reverse("portal:plan_evidence", args=[item.uuid]) in page("plan").content.decode()
    assert links(page("plan_evidence", item.uuid)) >= ids(verb=adl.PASSED.id)


def test_a_placement_leads_to_its_statement(ada, page):
    placement = ada.attempts.order_by("pk").first()
    assert links(page("placement_result", placement.uuid)) == {str(placement.statement_id)}


def test_nobody_reads_another_persons_statement_or_evidence(ada):
    eve = UserFactory()
    client = Client()
    client.force_login(eve)
    for row in Statement.objects.all():
        assert client.get(reverse("portal:statement", args=[row.statement_id])).status_code == 404
    assert entries_of(eve, ids()) == []
