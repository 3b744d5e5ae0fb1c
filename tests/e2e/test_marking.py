"""The marking page in a browser: accessible at both widths, and marks given by keyboard alone."""

import pytest
from django.test import Client
from django.urls import reverse

from assessments import marking
from tests.e2e.helpers import check
from tests.factories import marked
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_is_marked_by_keyboard(live, page, console):
    console.allow("422")  # a criterion without a level
    trainer, learner = marked.marker(), UserFactory()
    attempt = marked.hand_in(marked.start(marked.final(), learner), text="One.\n\nTwo.")
    response = marked.marked_response(attempt)
    mark = marking.claim(response=response, marker=trainer)
    client = Client()
    client.force_login(trainer)
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "domain": "localhost", "path": "/"}]
    )
    page.goto(reverse("marking:mark", args=[mark.uuid]))
    page.get_by_role("button", name="Give these marks").press("Enter")
    page.get_by_role("alert").get_by_text("Choose a level for").wait_for()
    check(page)
    page.get_by_role("alert").get_by_role("link", name="Clarity").press("Enter")
    for _criterion in range(2):
        page.locator("input[type=radio]:focus").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("Well done.")
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Give these marks").press("Enter")
    page.get_by_text("Your marks have been given.").wait_for()
    mark.refresh_from_db()
    assert mark.score == 1
    assert set(mark.comments.values()) == {"Well done."}
