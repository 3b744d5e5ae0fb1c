"""Disagreeing with a placement: on a phone and at a desk, without a mouse needed, accessible."""

from django.urls import reverse

from academy.people import roles
from assessments.models import PlacementReview
from tests.e2e.helpers import check, sign_in
from tests.factories import world
from tests.factories.people import UserFactory


def test_disagreeing_and_being_answered(live, new_page, console):
    console.allow("422")  # a form sent empty
    made = world.make(items=24)
    learner = UserFactory(role=roles.LEARNER)
    attempt = world.take_placement(made, learner, able=False)
    page = new_page()
    sign_in(page, learner.email, "password")
    page.goto(reverse("portal:placement_result", args=[attempt.uuid]))
    page.get_by_text("What this rests on").click()
    check(page)
    page.get_by_role("link", name="I disagree").click()
    page.get_by_role("button", name="Send").click()
    check(page)  # with its error
    page.get_by_label("Why do you see it differently?").fill("I do this every day.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Under way").wait_for()
    check(page)

    trainer = UserFactory(role=roles.TRAINER)
    desk = new_page()
    sign_in(desk, trainer.email, "password")
    desk.goto(reverse("placement_reviews:index"))
    desk.get_by_role("link", name="Skill 1").click()
    desk.get_by_role("radio", name="Band 2").check()
    desk.get_by_label("Answer to the learner").fill("Your examples convinced me.")
    check(desk)
    desk.get_by_role("button", name="Answer").click()
    desk.get_by_text("Nothing waits for an answer").wait_for()
    assert PlacementReview.objects.get().decision == "changed"

    page.reload()
    page.get_by_text("Your examples convinced me.").wait_for()
    check(page)
