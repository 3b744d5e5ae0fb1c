"""Grading again, in the admin: from a question's page to a decision that is done, in figures alone."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from academy.people import roles
from assessments.models import Attempt, ItemContent, Regrade, ScoreChange
from assessments.regrading import propose
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make(items=4)


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER))
    return client


@pytest.fixture
def attempt(made) -> Attempt:
    person = UserFactory(first_name="Zenobia", last_name="Quill")
    return world.take_final(made, person, able=False)


@pytest.fixture
def version(attempt):
    return attempt.responses.order_by("position").first().item_version


def page_of(reply) -> str:
    return " ".join(reply.content.decode().split())


def test_a_questions_page_leads_to_grading_again(desk, version):
    content = ItemContent.objects.get(translation_key=version.item.uuid, locale__language_code="en")
    page = page_of(
        desk.get(reverse("wagtailsnippets_assessments_itemcontent:edit", args=[content.pk]))
    )
    assert "1 graded answer" in page
    assert reverse("regrades:propose", args=[version.pk]) in page


@pytest.mark.django_db(transaction=True)
def test_it_is_looked_at_first_and_then_done(run_tasks, desk, attempt, version):
    data = {"policy": "full", "reason": "Nothing was right."}
    address = desk.post(reverse("regrades:propose", args=[version.pk]), data).url
    page = page_of(desk.get(address))
    assert "<dt>Whose score changes</dt><dd>1" in page
    assert "<dt>Passed, but would fall short</dt><dd>0</dd>" in page
    assert "takes_back" not in page
    assert not ScoreChange.objects.exists()
    assert not any(name in page for name in ("Zenobia", "Quill", attempt.learner.email))

    assert desk.post(address).url == address
    attempt.refresh_from_db()
    assert attempt.score_raw == 1
    page = page_of(desk.get(address))
    assert "1 of 1 answers looked at, 1 changed." in page
    assert "Who had passed stays passed." in page
    assert desk.post(address).status_code == 409
    assert ModelLogEntry.objects.filter(action="assessments.regrade").count() == 1
    assert version.item.code in page_of(desk.get(reverse("regrades:index")))
    progress = address + "progress/"
    assert "looked at" in page_of(desk.get(progress))


def test_passes_that_would_fall_short_are_counted_and_taken_back_only_by_a_tick(desk, made):
    winner = world.take_final(made, UserFactory(), able=True)
    Attempt.objects.filter(pk=winner.pk).update(cut_score="0.9")
    version = winner.responses.first().item_version
    content = ItemContent.objects.get(translation_key=version.item.uuid, locale__language_code="en")
    raw = [dict(block) for block in content.options.raw_data]
    for number, block in enumerate(raw):
        block["value"] = {**block["value"], "correct": number == 2}
    content.options = raw
    content.save()
    from assessments.services import publish_item

    new = publish_item(content)
    data = {"policy": "new", "new_version": new.pk, "reason": "The last one is right."}
    address = desk.post(reverse("regrades:propose", args=[version.pk]), data).url
    page = page_of(desk.get(address))
    assert "<dt>Passed, but would fall short</dt><dd>1</dd>" in page
    assert 'name="takes_back"' in page
    assert "1 certificate that rests on them is revoked." in page
    desk.post(address, {"takes_back": "1"})
    regrade = Regrade.objects.get()
    assert (regrade.takes_back, regrade.state) == (True, "pending")


def test_a_new_key_needs_a_newer_version_and_every_decision_a_reason(desk, version):
    address = reverse("regrades:propose", args=[version.pk])
    reply = desk.post(address, {"policy": "new", "reason": "x"})
    assert reply.status_code == 422
    assert "publish it first" in page_of(reply)
    assert desk.post(address, {"policy": "full", "reason": ""}).status_code == 422
    assert not Regrade.objects.exists()


def test_what_was_only_looked_at_can_be_discarded(desk, version):
    regrade = propose(version=version, policy="full", reason="x", by=UserFactory())
    address = reverse("regrades:discard", args=[regrade.uuid])
    assert desk.get(address).status_code == 405
    desk.post(address)
    assert not Regrade.objects.exists()


def test_the_list_takes_as_many_queries_for_two_as_for_twenty(
    desk, version, django_assert_max_num_queries
):
    by = UserFactory()
    counts = []
    for many in (2, 18):
        for _number in range(many):
            propose(version=version, policy="full", reason="x", by=by)
        with django_assert_max_num_queries(40) as queries:
            desk.get(reverse("regrades:index"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
