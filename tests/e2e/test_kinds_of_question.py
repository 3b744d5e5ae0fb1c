"""Kinds of question in a real browser: an order by keyboard, with and without JavaScript."""

from playwright.sync_api import Page, expect

from academy.people.models import User
from assessments.models import Attempt, ItemBank, Response
from assessments.services import start_attempt
from tests.e2e.helpers import check, sign_in
from tests.factories import kinds, teaching

PASSWORD = "kinds-of-question-2026"
EMAIL = "kinds@academy.example"


def begin(of: tuple[str, ...], **person) -> Attempt:
    """An attempt at a final with a question of each of these kinds."""
    skill = teaching.competency()
    bank = ItemBank.objects.create(code="kinds", title={"en": "Kinds"})
    for kind in of:
        kinds.question(bank, skill, kind)
    learner = User.objects.create_user(
        EMAIL, PASSWORD, first_name="A", last_name="B", language="en", **person
    )
    final = teaching.final("kinds", bank, count=0, time_limit_minutes=None, shuffles_items=False)
    return start_attempt(assessment=final, learner=learner, registration=final.uuid, seed=3)


def right_order(attempt: Attempt) -> list[str]:
    return attempt.responses.get().item_version.content["key"]


def test_an_order_is_made_by_keyboard(live, page: Page, console) -> None:
    attempt = begin(("ordering",))
    sign_in(page, EMAIL, PASSWORD)
    page.goto(f"/en/attempts/{attempt.uuid}/questions/1/")
    check(page)
    expect(page.locator("[data-order] select").first).to_be_hidden()
    for place, text in enumerate(("Ask", "Collect", "Report")):
        for _step in range(3):
            step = page.locator("[data-order] li", has_text=text)
            if [text in one for one in page.locator("[data-order] li").all_inner_texts()].index(
                True
            ) <= place:
                break
            button = step.get_by_role("button", name=f"Move up {text}")
            button.focus()
            page.keyboard.press("Enter")
            expect(button).to_be_focused()
    expect(page.locator("[data-order-said]")).to_contain_text("is now at place")
    expect(page.locator("[data-save-status]")).to_have_attribute("data-state", "saved")
    check(page)
    assert Response.objects.get(attempt=attempt).answer == right_order(attempt)
    page.reload()
    assert [one.split("\n")[0] for one in page.locator("[data-order] label").all_inner_texts()] == [
        "Ask",
        "Collect",
        "Report",
    ]


def test_an_order_is_dragged_unless_ones_settings_say_otherwise(live, page: Page) -> None:
    attempt = begin(("ordering",))
    sign_in(page, EMAIL, PASSWORD)
    page.goto(f"/en/attempts/{attempt.uuid}/questions/1/")
    steps = page.locator("[data-order] li")
    before = page.locator("[data-order] label").all_inner_texts()
    handle, last = steps.first.locator(".ac-order__grip").bounding_box(), steps.last.bounding_box()
    page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(handle["x"] + 5, last["y"] + 5, steps=8)
    page.mouse.move(handle["x"] + 5, last["y"] + last["height"] - 5, steps=3)
    page.mouse.up()
    assert page.locator("[data-order] label").all_inner_texts() == [*before[1:], before[0]]
    expect(page.locator("[data-save-status]")).to_have_attribute("data-state", "saved")
    User.objects.filter(email=EMAIL).update(no_dragging=True)
    page.reload()
    expect(page.locator(".ac-order__grip")).to_have_count(0)


def test_an_order_is_made_without_javascript(live, new_page) -> None:
    attempt = begin(("ordering",))
    page = new_page(java_script_enabled=False)
    sign_in(page, EMAIL, PASSWORD)
    page.goto(f"/en/attempts/{attempt.uuid}/questions/1/")
    for place, text in enumerate(("Ask", "Collect", "Report"), 1):
        page.get_by_label(text).select_option(str(place))
    page.get_by_role("button", name="Save and review").click()
    assert Response.objects.get(attempt=attempt).answer == right_order(attempt)


def test_the_other_kinds_are_accessible_and_fit(live, page: Page, console) -> None:
    of = ("matching", "cloze", "numeric", "short")
    attempt = begin(of)
    sign_in(page, EMAIL, PASSWORD)
    for number in range(1, len(of) + 1):
        page.goto(f"/en/attempts/{attempt.uuid}/questions/{number}/")
        check(page)


def test_the_editor_shows_what_the_chosen_kind_has(live, page: Page, console, settings) -> None:
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    User.objects.create_superuser(email="root@academy.example", password=PASSWORD)
    sign_in(page, "root@academy.example", PASSWORD)
    page.goto("/admin/snippets/assessments/itemcontent/add/")
    page.wait_for_function("() => document.body.classList.contains('ready')")
    kind, options = page.locator("[name=item_type]"), page.locator('[data-contentpath="options"]')

    def offered() -> list[str]:
        options.locator("button[title='Insert a block']").first.click()
        shown = page.locator(".w-combobox__option")
        shown.first.wait_for()
        found = shown.all_inner_texts()
        page.keyboard.press("Escape")
        shown.first.wait_for(state="hidden")
        return found

    expect(page.locator("[name=numeric_value]")).to_be_hidden()
    expect(page.get_by_text("Tolerance")).to_be_hidden()
    expect(page.get_by_role("heading", name="The number")).to_be_hidden()
    expect(page.locator("[name=scoring]")).to_be_hidden()
    assert offered() == ["Option"]
    kind.select_option("numeric")
    expect(page.locator("[name=numeric_value]")).to_be_visible()
    assert offered() == ["Another unit"]
    kind.select_option("matching")
    expect(page.locator("[name=numeric_value]")).to_be_hidden()
    expect(page.locator("[name=scoring]")).to_be_visible()
    options.locator("button[title='Insert a block']").first.click()
    page.locator(".w-combobox__option", has_text="Pair").click()
    expect(page.locator("[name=options-0-value-match]")).to_be_visible()
    expect(page.get_by_role("heading", name="The number")).to_be_hidden()
    expect(page.get_by_role("heading", name="Points")).to_be_visible()
    kind.select_option("ordering")
    expect(page.locator("[name=options-0-value-match]")).to_be_visible()  # to be removed by hand
    options.locator("button[title='Insert a block']").last.click()
    if page.locator(".w-combobox__option").count():
        page.locator(".w-combobox__option", has_text="Step").click()
    expect(page.locator("[name=options-1-value-text]")).to_be_visible()
