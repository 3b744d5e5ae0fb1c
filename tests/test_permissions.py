"""Every view of ours, tried by everyone: denied unless allowed.

The walk over the URL patterns fails for a view that is not listed here, so that none is forgotten.
"""

import uuid
from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from academy.core.clock import now
from academy.people import roles
from academy.people.models import User
from academy.people.services import assign_membership
from academy.portal.export import make_export, request_export
from academy.xapi.clients import create_client
from academy.xapi.destinations import save_destination
from academy.xapi.models import Destination, Erasure, LrsClient, OutboxEntry
from assessments.allowances import give_allowance
from assessments.models import (
    AnswerFile,
    ItemBank,
    ItemContent,
    Mark,
    PlacementReview,
    ScoreChange,
    Simulation,
    SpotCheck,
)
from assessments.regrading import propose
from assessments.reviews import contest
from courses.models import Enrollment, PlanItem
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import world
from tests.factories.people import OrgUnitFactory, PositionFactory, UserFactory

pytestmark = pytest.mark.django_db

OURS = {
    "assessments",
    "builder",
    "cms",
    "courses",
    "credentials",
    "lrs_clients",
    "delivery",
    "erasures",
    "item_statistics",
    "placement_reviews",
    "marking",
    "exchange",
    "portal",
    "regrades",
    "reporting",
    "running",
    "simulations",
    "xapi",
}

#: Open to anyone, with the reason.
PUBLIC = {
    "cms:brand_css": "the colours of the public pages",
    "cms:catalogue": "leads to a public page",
    "cms:course": "leads to a public page",
    "cms:accessibility": "leads to a public page",
    "cms:privacy": "leads to a public page",
    "credentials:verify_form": "anyone may verify",
    "credentials:verify": "whoever holds the code may verify",
    "xapi:metrics": "the monitoring token, and not there without one",
    "xapi:about": "xAPI Communication 2.8: about asks for no authentication",
    "xapi:unknown": "says only that there is no such resource",
}
#: Its own authentication: an operator's session to read, an LRS client's key for the rest.
LRS = {
    "xapi:activities",
    "xapi:activities_profile",
    "xapi:activities_state",
    "xapi:agents",
    "xapi:agents_profile",
    "xapi:statements",
}
#: What those who may look at them have to name: without it, 400.
NEEDS_PARAMETERS = LRS - {"xapi:statements"}
HR_ONLY = {
    "reporting:coverage",
    "reporting:people",
    "reporting:completions",
    "reporting:person",
}
#: Operators alone, in the admin.
OPERATORS_ONLY = {
    "delivery:destination",
    "delivery:index",
    "delivery:new",
    "delivery:refused",
    "delivery:retry",
    "delivery:retry_one",
    "delivery:try",
    "erasures:confirm",
    "erasures:index",
    "lrs_clients:add",
    "lrs_clients:index",
    "lrs_clients:revoke",
    "lrs_clients:rotate",
}
#: Trainers alone, in the admin.
TRAINERS_ONLY = {
    "exchange:download",
    "exchange:export",
    "exchange:index",
    "exchange:job",
    "exchange:question",
    "exchange:report",
    "exchange:template_csv",
    "exchange:template_xlsx",
    "assessments:data_sample",
    "running:add_allowance",
    "running:allowances",
    "running:arrange",
    "running:delete_allowance",
    "running:edit_allowance",
    "running:hints",
    "running:open_hint",
    "builder:check",
    "builder:preview",
    "regrades:discard",
    "regrades:index",
    "regrades:progress",
    "regrades:propose",
    "regrades:regrade",
    "item_statistics:accept",
    "item_statistics:export",
    "item_statistics:index",
    "item_statistics:item",
    "item_statistics:report",
    "placement_reviews:decide",
    "placement_reviews:index",
    "simulations:index",
    "simulations:result",
}
#: Figures about modules, for HR and trainers.
HR_AND_TRAINERS = {"reporting:skips"}
#: Those who may mark, in the admin: trainers.
MARKERS_ONLY = {
    "marking:file",
    "marking:index",
    "marking:mark",
    "marking:marked",
    "marking:moderate",
    "marking:moderated_file",
    "marking:take",
    "marking:turnaround",
}
#: Any signed-in person, about themselves.
OWN = {
    "assessments:placement_intro",
    "courses:enroll",
    "courses:module",
    "courses:start_final",
    "portal:add_to_plan",
    "portal:copy",
    "portal:credentials",
    "portal:home",
    "portal:plan",
    "portal:record",
    "portal:renew_plan",
    "portal:settings",
    "cms:lesson_any",
}
#: Only the person whose row it is; 404 for everybody else, whatever their role.
OWNER = {
    "assessments:data",
    "assessments:clock",
    "assessments:pause",
    "assessments:answer_file",
    "assessments:placement_item",
    "assessments:question",
    "assessments:result",
    "assessments:resume",
    "assessments:review",
    "assessments:save",
    "assessments:saves",
    "assessments:submit",
    "cms:booklet",
    "cms:check",
    "cms:continue",
    "cms:lesson",
    "courses:complete_lesson",
    "courses:withdraw",
    "credentials:document",
    "credentials:status",
    "portal:competency_evidence",
    "portal:contest",
    "portal:copy_file",
    "portal:copy_status",
    "portal:credential_evidence",
    "portal:defer",
    "portal:placement_result",
    "portal:plan_evidence",
    "portal:quick_question",
    "portal:remove_from_plan",
    "portal:skip",
    "portal:statement",
    "portal:statement_json",
    "portal:unskip",
    "portal:withdraw_review",
}
MANAGERS = {"portal:team"}
ALL = {
    *PUBLIC,
    *LRS,
    *HR_ONLY,
    *HR_AND_TRAINERS,
    *MARKERS_ONLY,
    *OPERATORS_ONLY,
    *TRAINERS_ONLY,
    *OWN,
    *OWNER,
    *MANAGERS,
}


def our_views(patterns=None, namespace: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace or namespace
            yield from our_views(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and namespace in OURS:
            yield f"{namespace}:{pattern.name}"


@pytest.fixture
def made():
    return world.make()


@pytest.fixture
def owner(made) -> User:
    """Somebody who has one of everything."""
    person = UserFactory(role=roles.LEARNER)
    world.take_placement(made, person)
    world.learn(made, person)
    world.take_final(made, person)
    issue_credential(Credential.objects.get(learner=person).pk)
    return person


@pytest.fixture
def urls(made, owner) -> dict[str, str]:
    placement, final = owner.attempts.order_by("pk")
    enrollment = Enrollment.objects.get(learner=owner)
    asked_item = final.responses.first().item_version.item
    lesson = made.module.lessons.first()
    item = PlanItem.objects.get(learner=owner)
    credential = Credential.objects.get(learner=owner)
    asked = Erasure.objects.create(
        reason="Asked.", started_at=now(), worked_at=now()
    ).requests.create(destination="warehouse", requested_at=now())
    copy = make_export(request_export(person=owner, language="en").pk)
    lrs_client, _secret = create_client(name="Warehouse", scopes=["statements/read"])
    destination = save_destination(
        Destination(name="warehouse", endpoint="http://127.0.0.1:9/xapi/")
    )
    refused = OutboxEntry.objects.create(
        destination=destination, statement_id=uuid.uuid4(), state="refused", next_attempt_at=now()
    )
    allowance = give_allowance(assessment=final.assessment, learner=owner, by=None, extra_minutes=5)
    graded = final.responses.first().item_version
    regrade = propose(version=graded, policy="full", reason="No right answer.", by=owner)
    review = contest(attempt=placement, competency=made.skill, reason="I can do it.", at=now())
    check = SpotCheck.objects.create(
        attempt=placement,
        learner=owner,
        skipped=made.module.uuid,
        competency=made.skill,
        band=1,
        item_version=placement.responses.first().item_version,
        seed=1,
        due_after=now(),
    )
    simulation = Simulation.objects.create(assessment=made.placement, people=1, seed=1)
    answer = final.responses.first()
    handed_in = AnswerFile.objects.create(
        response=answer, learner=owner, name="a.txt", size=1, file=ContentFile(b"a", "a.txt")
    )
    mark = Mark.objects.create(response=answer, role="first", claimed_at=now())
    arguments = {
        "builder:preview": [final.assessment_id],
        "regrades:discard": [regrade.uuid],
        "regrades:progress": [regrade.uuid],
        "regrades:propose": [graded.pk],
        "regrades:regrade": [regrade.uuid],
        "placement_reviews:decide": [review.uuid],
        "portal:contest": [placement.uuid, made.skill.uuid],
        "portal:quick_question": [check.uuid],
        "portal:withdraw_review": [review.uuid],
        "simulations:result": [simulation.uuid],
        "marking:file": [mark.uuid, 1],
        "marking:mark": [mark.uuid],
        "marking:moderate": [answer.pk],
        "marking:moderated_file": [answer.pk, 1],
        "marking:take": [answer.pk],
        "delivery:destination": [destination.name],
        "erasures:confirm": [asked.pk],
        "exchange:download": [ItemBank.objects.get().pk, "csv"],
        "exchange:export": [ItemBank.objects.get().pk],
        "exchange:job": [uuid.uuid4()],
        "exchange:question": [uuid.uuid4(), 0],
        "exchange:report": [uuid.uuid4(), "json"],
        "delivery:refused": [destination.name],
        "delivery:retry": [destination.name],
        "delivery:retry_one": [destination.name, refused.pk],
        "delivery:try": [destination.name],
        "assessments:data": [final.uuid, 1, "csv"],
        "assessments:data_sample": [ItemContent.objects.first().pk, "csv"],
        "running:arrange": [final.assessment_id],
        "running:delete_allowance": [allowance.pk],
        "running:edit_allowance": [allowance.pk],
        "running:hints": [final.assessment_id],
        "running:open_hint": [final.assessment_id],
        "assessments:clock": [final.uuid],
        "assessments:pause": [final.uuid],
        "assessments:resume": [final.uuid],
        "assessments:saves": [final.uuid],
        "assessments:placement_item": [placement.uuid],
        "assessments:answer_file": [final.uuid, handed_in.uuid],
        "assessments:question": [final.uuid, 1],
        "assessments:result": [final.uuid],
        "assessments:review": [final.uuid],
        "assessments:save": [final.uuid, 1],
        "assessments:submit": [final.uuid],
        "cms:booklet": [made.module.uuid],
        "cms:check": [enrollment.uuid, lesson.uuid, uuid.uuid4()],
        "cms:continue": [enrollment.uuid],
        "cms:course": [made.course.uuid],
        "cms:lesson": [enrollment.uuid, lesson.uuid],
        "cms:lesson_any": [lesson.uuid],
        "courses:complete_lesson": [enrollment.uuid, lesson.uuid],
        "courses:enroll": [made.course.uuid],
        "courses:module": [made.module.uuid],
        "courses:start_final": [made.module.uuid],
        "courses:withdraw": [enrollment.uuid],
        "credentials:document": [credential.uuid],
        "credentials:status": [credential.uuid],
        "credentials:verify": [credential.code],
        "portal:competency_evidence": [made.skill.uuid],
        "portal:copy_file": [copy.uuid],
        "portal:copy_status": [copy.uuid],
        "portal:credential_evidence": [credential.uuid],
        "item_statistics:accept": [asked_item.pk],
        "item_statistics:export": ["banks", asked_item.bank_id],
        "item_statistics:item": ["banks", asked_item.bank_id, asked_item.pk],
        "item_statistics:report": ["assessments", final.assessment_id],
        "lrs_clients:revoke": [lrs_client.pk],
        "lrs_clients:rotate": [lrs_client.pk],
        "portal:defer": [item.uuid],
        "portal:placement_result": [placement.uuid],
        "portal:plan_evidence": [item.uuid],
        "portal:remove_from_plan": [item.uuid],
        "portal:skip": [item.uuid],
        "portal:statement": [final.statement_id],
        "portal:statement_json": [final.statement_id],
        "portal:unskip": [item.uuid],
        "reporting:person": [owner.uuid],
    }
    return {name: reverse(name, args=arguments.get(name)) for name in ALL}


def signed_in(role: str | None) -> Client:
    client = Client()
    if role:
        client.force_login(UserFactory(role=role))
    return client


def statuses(client: Client, url: str) -> set[int]:
    """What GET and POST answer; 405 says nothing about permission."""
    return {client.get(url).status_code, client.post(url, {}).status_code} - {405}


def test_every_view_is_listed_with_its_rule():
    found = set(our_views())
    assert found == ALL, f"unlisted: {found - ALL}; gone: {ALL - found}"


def test_anonymous_people_are_led_to_the_sign_in_page(urls):
    client = Client()
    for name, url in urls.items():
        if name in PUBLIC:
            assert client.get(url).status_code in (200, 302, 404), name
            continue
        if name in LRS:
            assert statuses(client, url) == {401}, name
            continue
        response = client.get(url)
        if response.status_code == 405:
            response = client.post(url)
        assert response.status_code == 302, name
        assert "/accounts/login/" in response.url, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_a_role_opens_nobody_elses_pages(urls, role):
    client = signed_in(role)
    for name in OWNER:
        assert statuses(client, urls[name]) == {404}, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_reports_are_for_hr_alone(urls, role):
    client = signed_in(role)
    for name in HR_ONLY:
        expected = 200 if role == roles.HR else 403
        assert client.get(urls[name]).status_code == expected, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_the_pages_about_the_record_store_are_for_operators_alone(urls, role):
    client = signed_in(role)
    before = list(LrsClient.objects.values())
    for name in sorted(OPERATORS_ONLY, reverse=True):  # one is sent again before all are
        expected = {200, 302, 400} if role == roles.OPERATOR else {403}
        assert statuses(client, urls[name]) <= expected, name
    if role != roles.OPERATOR:
        assert list(LrsClient.objects.values()) == before


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_the_pages_about_assessments_are_for_trainers_alone(urls, role):
    client = signed_in(role)
    for name in sorted(TRAINERS_ONLY, reverse=True):  # what is discarded is looked at before
        expected = {200, 302, 400, 404, 409, 422} if role == roles.TRAINER else {403}
        assert statuses(client, urls[name]) <= expected, name
    if role != roles.TRAINER:
        assert not ScoreChange.objects.exists()
    assert PlacementReview.objects.get().is_open, "an empty answer is none"


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_how_often_skips_are_wrong_is_for_hr_and_trainers(urls, role):
    expected = 200 if role in (roles.HR, roles.TRAINER) else 403
    for name in HR_AND_TRAINERS:
        assert signed_in(role).get(urls[name]).status_code == expected, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_marking_is_for_trainers_alone(urls, role):
    client = signed_in(role)
    for name in MARKERS_ONLY:
        expected = {200, 302, 404} if role == roles.TRAINER else {403}
        assert statuses(client, urls[name]) <= expected, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_own_pages_are_for_everyone_signed_in(urls, role):
    client = signed_in(role)
    for name in OWN:
        assert statuses(client, urls[name]) <= {200, 302, 400, 404}, name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_only_an_operators_session_reads_the_record_store(urls, role):
    client = signed_in(role)
    for name in LRS:
        allowed = 400 if name in NEEDS_PARAMETERS else 200
        expected = allowed if role == roles.OPERATOR else 403
        assert client.get(urls[name]).status_code == expected, name
        assert client.post(urls[name]).status_code in (401, 405), name


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_the_team_page_is_for_those_who_have_a_team(urls, owner, role):
    person = UserFactory(role=role)
    client = Client()
    client.force_login(person)
    assert client.get(urls["portal:team"]).status_code == 403
    from datetime import date

    assign_membership(
        person=owner,
        unit=OrgUnitFactory(),
        position=PositionFactory(),
        manager=person,
        valid_from=date(2024, 1, 1),
    )
    assert client.get(urls["portal:team"]).status_code == 200


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_the_admin_is_for_trainers_hr_and_operators(made, role):
    response = signed_in(role).get(reverse("wagtailadmin_home"))
    allowed = role in (roles.TRAINER, roles.HR, roles.OPERATOR)
    assert response.status_code == (200 if allowed else 403)


def test_a_superuser_without_a_role_reads_no_placement_answers(urls):
    client = Client()
    client.force_login(User.objects.create_superuser("root@academy.example", "x"))
    for name in ("portal:placement_result", "assessments:result"):
        assert client.get(urls[name]).status_code == 404


def test_what_does_not_exist_is_not_found(made, owner):
    client = Client()
    client.force_login(owner)
    for name in ("portal:placement_result", "credentials:document", "cms:continue"):
        assert client.get(reverse(name, args=[uuid.uuid4()])).status_code == 404
