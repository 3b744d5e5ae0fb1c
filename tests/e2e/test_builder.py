"""The assessment builder in a browser: what a draw lacks is told while one types, and a section within
the form chooses its fixed questions."""

from django.test import Client
from playwright.sync_api import expect

from academy.people import roles
from tests.e2e.conftest import SLOWEST_ACTION
from tests.e2e.helpers import assert_accessible
from tests.factories import teaching
from tests.factories.people import UserFactory


def test_a_trainer_builds_a_section_of_fixed_questions(live, new_page, console):
    bank = teaching.bank("bank", teaching.competency(), items=5)
    final = teaching.final("final", bank, count=2)
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER))
    page = new_page()
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}]
    )
    page.goto(f"/admin/snippets/assessments/assessment/edit/{final.pk}/")
    outline = page.locator("[data-builder]")
    expect(outline).to_contain_text("can be filled", timeout=SLOWEST_ACTION)

    page.locator("[name=sections-0-count]").fill("9")
    short = "Only 5 active questions are left for this section"
    expect(outline).to_contain_text(short, timeout=SLOWEST_ACTION)

    page.locator("[name=sections-0-rule]").select_option("fixed")
    expect(page.locator("[name=sections-0-count]")).to_be_hidden()
    page.get_by_role("button", name="Add fixed question").click()
    modal = page.locator(".modal-body")
    modal.get_by_role("checkbox").nth(1).check()
    modal.get_by_role("checkbox").nth(3).check()
    modal.locator("[type=submit]").last.click()
    modal.wait_for(state="hidden")
    expect(outline).to_contain_text("can be filled", timeout=SLOWEST_ACTION)
    assert_accessible(page)

    page.locator("footer button.action-save").first.click()
    page.wait_for_url("**/assessment/")
    section = final.sections.get()
    assert section.rule == "fixed"
    assert [one.item.code for one in section.items.all()] == ["bank-002", "bank-004"]
