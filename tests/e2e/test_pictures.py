"""Questions about a picture: by mouse and by keyboard alike, and a data task beside them."""

import uuid

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, expect

from assessments import services
from assessments.models import Attempt, Item, ItemBank
from tests.e2e.helpers import check, sign_in
from tests.factories import pictures, teaching
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(live, page: Page):
    """Show the question of a kind to somebody who is signed in; gives its attempt and its parts' ids."""

    def show(kind: str, blocks: list[dict]) -> tuple[Attempt, dict[str, str]]:
        skill = teaching.competency()
        bank = ItemBank.objects.create(code=kind, title={"en": "Bank"})
        content = pictures.publish(bank, skill, kind, blocks, scoring="each")
        words = Item.objects.get(uuid=content.translation_key).current_version.words("en")
        learner = UserFactory()
        learner.set_password("correct horse")
        learner.save()
        attempt = services.start_attempt(
            assessment=teaching.final(kind, bank, count=0),
            learner=learner,
            registration=uuid.uuid4(),
            seed=3,
        )
        sign_in(page, learner.email, "correct horse")
        with translation.override("en"):
            page.goto(reverse("assessments:question", args=[attempt.uuid, 1]))
        parts = [*words.get("spots", []), *words.get("zones", []), *words.get("tokens", [])]
        return attempt, {one.get("label") or one["text"]: one["id"] for one in parts}

    return show


def kept(page: Page, attempt: Attempt):
    """The answer that the server has, once it says so."""
    expect(page.locator("[data-save-status]")).to_have_attribute("data-state", "saved")
    return attempt.responses.get().answer


def test_a_place_is_found_by_mouse_and_by_keyboard(ask, page: Page):
    attempt, places = ask("hotspot", pictures.spots(True, False, True))
    page.locator(f'[data-place="{places["Bar 2"]}"] rect').click()
    expect(page.get_by_label("2. Bar 2")).to_be_checked()
    assert kept(page, attempt) == [places["Bar 2"]]
    check(page)
    page.get_by_label("2. Bar 2").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    chosen = page.locator("[data-place][data-chosen]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("data-place", places["Bar 1"])
    with page.expect_navigation():
        page.get_by_role("button", name="Save and review").click()
    assert attempt.responses.get().answer == [places["Bar 1"]]


def test_labels_are_put_by_dragging_by_pressing_and_by_keyboard(ask, page: Page):
    attempt, parts = ask("dragdrop", pictures.placing())
    tray, zones = page.locator(".ac-tray"), page.locator(".ac-zone")
    small, large = (page.locator(f'.ac-token:text-is("{one}")') for one in ("Small", "Large"))
    lists = {one: page.get_by_label(one) for one in ("Small", "Large", "Absent")}

    small.drag_to(zones.nth(0))
    expect(lists["Small"]).to_have_value(parts["Left bar"])
    large.click()  # pressed, not dragged: WCAG 2.2, 2.5.7
    zones.nth(0).click(position={"x": 5, "y": 5})
    expect(lists["Large"]).to_have_value(parts["Left bar"])
    large.click()
    zones.nth(1).click(position={"x": 5, "y": 5})
    expect(lists["Large"]).to_have_value(parts["Right bar"])
    assert kept(page, attempt)[parts["Small"]] == parts["Left bar"]
    check(page)

    lists["Absent"].focus()
    page.keyboard.press("ArrowDown")
    expect(zones.nth(0).get_by_text("Absent")).to_be_attached()
    page.keyboard.press("ArrowUp")
    expect(tray.get_by_text("Absent")).to_be_attached()
    small.click()
    page.keyboard.press("Escape")
    expect(small).not_to_have_attribute("data-picked", "")
    with page.expect_navigation():
        page.get_by_role("button", name="Save and review").click()
    assert attempt.responses.get().answer == {
        parts["Small"]: parts["Left bar"],
        parts["Large"]: parts["Right bar"],
    }
