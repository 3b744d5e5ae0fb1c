"""Every page a person meets, in both languages: axe finds nothing, nothing scrolls sideways.

On the running demo, with one browser context a person. The newcomer has large print and reduced
motion set, so that the pages of an assessment are seen with them.
"""

import gzip
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page

from tests.e2e.academy import RunningAcademy
from tests.e2e.helpers import assert_accessible, at_widths, sign_in

PASSWORD = "academy-demo-2026"
LANGUAGES = ("en", "fr")
WEIGHT = 60 * 1024  # bytes of a learner's page without its pictures, as production sends them

NEWCOMERS = """
import datetime
from academy.demo.accounts import PASSWORD
from academy.people.models import Membership, User
from academy.people.services import assign_membership
model = Membership.objects.get(person__email="learner@academy.example", valid_to=None)
for language in ("en", "fr"):
    person, made = User.objects.get_or_create(email=f"walker-{language}@academy.example",
        defaults={"first_name": "Wren", "last_name": "Walker", "language": language,
                  "large_print": True, "reduced_motion": True})
    if made:
        person.set_password(PASSWORD)
        person.save()
        assign_membership(person=person, unit=model.unit, position=model.position,
            manager=model.manager, valid_from=datetime.date.today() - datetime.timedelta(days=3))
"""

#: Someone with a placement and a course under way, and someone with a valid certificate. The demo's
#: people cannot sign in, except one a role, so these two are given the demo's password.
KNOWN = """
import json
from django.utils import timezone
from academy.demo.accounts import PASSWORD
from assessments.models import Attempt
from courses.models import Enrollment
from credentials.models import Credential
graded = Attempt.objects.filter(status="graded").order_by("pk")
placement = graded.filter(assessment__kind="placement",
    learner__in=Enrollment.objects.filter(status="active").values("learner")).first()
enrollment = Enrollment.objects.filter(learner=placement.learner, status="active").first()
finals = graded.filter(assessment__kind="final")
valid = Credential.objects.filter(state="issued", revocation=None).exclude(
    expires_at__lt=timezone.now()).filter(learner__in=finals.values("learner")).order_by("pk").first()
for person in (placement.learner, valid.learner):
    person.set_password(PASSWORD)
    person.save()
print(json.dumps({
    "learner": placement.learner.email,
    "placement": str(placement.uuid),
    "enrollment": str(enrollment.uuid),
    "module": str(enrollment.course.modules.filter(is_live=True).first().uuid),
    "holder": valid.learner.email,
    "final": str(finals.filter(learner=valid.learner).first().uuid),
    "valid": valid.code,
    "revoked": Credential.objects.exclude(revocation=None).first().code,
}))
"""


@pytest.fixture(scope="module")
def known(running_demo: RunningAcademy) -> dict:
    """Who and what to look at: found in the demo by what they are."""
    running_demo.shell(NEWCOMERS)
    return json.loads(running_demo.shell(KNOWN))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def open_as(new_page: Callable, language: str) -> Callable[..., Page]:
    """A page of a new context in the language, signed in as the person where one is named."""

    def open_page(email: str = "", **options) -> Page:
        page = new_page(locale="fr-FR" if language == "fr" else "en-GB", **options)
        if email:
            sign_in(page, email, PASSWORD, language=language)
        return page

    return open_page


def check(page: Page, language: str, path: str = "") -> None:
    """Go there, if anywhere; the page is in the language, accessible, and fits at both widths."""
    if path:
        page.goto(path)
    assert page.locator("html").get_attribute("lang") == language, page.url
    assert page.locator("h1").count() == 1, page.url
    for _width in at_widths(page):
        assert_accessible(page)


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def test_pages_of_a_stranger(open_as, known: dict, language: str, console) -> None:
    page = open_as()
    for path in (f"/{language}/", f"/{language}/accounts/login/", "/verify/"):
        check(page, language, path)
    check(page, language, f"/{language}/catalogue-of-courses/")
    page.goto(page.locator("main article a").first.get_attribute("href"))
    check(page, language)
    for code in (known["valid"], known["revoked"]):
        check(page, language, f"/verify/{code}")
    console.allow("status of 404")
    check(page, language, "/verify/AAAA-BBBB-CCCC")
    assert page.locator(".ac-verdict").is_visible()


def test_pages_of_a_learner(open_as, known: dict, language: str) -> None:
    page = open_as(known["learner"])
    root = f"/{language}/learning"
    for path in ("/", "/plan/", f"/placement/{known['placement']}/", "/record/", "/settings/"):
        check(page, language, root + path)
    for link in (".ac-timeline__id a", "a[href*='/record/competencies/']"):
        page.goto(f"{root}/record/")
        check(page, language, page.locator(link).first.get_attribute("href"))
    page.goto(f"{root}/plan/")
    page.locator("#position").select_option(index=1)
    submit(page, "form:has(#position) button")
    check(page, language)
    check(page, language, f"/{language}/learn/{known['enrollment']}/")
    page.set_viewport_size({"width": 320, "height": 640})
    page.locator(".ac-outline__opener").click()
    assert page.locator("#outline .ac-steps a").first.is_visible()
    assert_accessible(page)
    page.goto(f"/{language}/learn/module/{known['module']}/print/")
    for width in at_widths(page):
        if width > 1000:  # the same lessons again, many of them: once is enough
            assert_accessible(page)


def test_a_copy_of_the_record_reads_without_the_academy(
    open_as, known: dict, language: str, tmp_path
) -> None:
    page = open_as(known["learner"])
    check(page, language, f"/{language}/learning/settings/copy/")
    submit(page, "main form button")
    link = page.locator("#copy a[href$='/file/']")
    link.wait_for(timeout=60_000)
    check(page, language)
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as bundle:
        bundle.extract("timeline.html", tmp_path)
    alone = page.context.new_page()
    alone.goto((tmp_path / "timeline.html").as_uri())
    check(alone, language)
    assert alone.locator("main li").count() > 10


def test_pages_of_a_holder_and_of_a_manager(open_as, known: dict, language: str) -> None:
    page = open_as(known["holder"])
    check(page, language, f"/{language}/learning/credentials/")
    check(page, language, f"/{language}/attempts/{known['final']}/result/")
    manager = open_as("manager@academy.example")
    check(manager, language, f"/{language}/team/")


def test_pages_of_assessments(open_as, known: dict, language: str, console) -> None:
    """In large print, without motion: from the placement's first item to a result."""
    page = open_as(f"walker-{language}@academy.example")
    assert "large-print" in page.locator("body").get_attribute("class")
    check(page, language, f"/{language}/learning/")
    check(page, language, f"/{language}/placement/")
    submit(page, "main form button")
    check(page, language)
    console.allow("status of 422")
    submit(page, "main form button:not([name])")  # no answer: the page says so
    assert page.locator("[data-error-summary]").is_visible()
    check(page, language)

    check(page, language, f"/{language}/modules/{known['module']}/final/")
    submit(page, "main form button")
    check(page, language)
    page.locator("#flag").check(force=True)
    submit(page, "#question [name=go]")
    check(page, language)
    submit(page, "#question [value=review]")
    check(page, language)
    submit(page, "main form[data-timer-submit] button")
    check(page, language)


def test_lesson_and_question_without_scripts(open_as, known: dict, language: str) -> None:
    page = open_as(
        known["learner"], java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    page.goto(f"/{language}/learn/{known['enrollment']}/")
    assert page.locator("main h1").is_visible()
    steps = page.locator("#outline .ac-steps a")
    assert not steps.first.is_visible()
    page.locator(".ac-outline__opener").click()
    assert steps.first.is_visible()
    page.goto(steps.first.get_attribute("href"))
    option = page.locator(".ac-check__options details").first
    option.locator("summary").click()
    assert option.locator(".ac-check__verdict").is_visible()


def test_weight_of_pages(open_as, known: dict, language: str) -> None:
    """The page, its styles, scripts and font, without pictures.

    Styles and scripts count as production sends them, compressed. Pages count as they are, but a
    lesson, which is mostly text, as the proxy before the academy compresses it.
    """
    page = open_as(known["learner"])
    root = f"/{language}/learning"
    for path in (
        f"{root}/",
        f"{root}/plan/",
        f"{root}/placement/{known['placement']}/",
        f"{root}/record/",
        f"/{language}/learn/{known['enrollment']}/",
    ):
        page.goto(path)
        linked = page.evaluate(
            """() => [...document.querySelectorAll(
                    "link[rel=stylesheet], link[rel=preload], link[rel=icon], script[src]")]
                .map((one) => one.href || one.src)"""
        )
        document = page.request.get(page.url).body()
        weight = len(gzip.compress(document)) if "/learn/" in path else len(document)
        for address in linked:
            body = page.request.get(address).body()
            weight += len(body) if address.endswith(".woff2") else len(gzip.compress(body))
        assert weight <= WEIGHT, f"{page.url}: {weight / 1024:.1f} KiB"


def test_dates_are_written_out(open_as, known: dict, language: str) -> None:
    """Day, month in words, year: read the same way in every country."""
    page = open_as()
    page.goto(f"/verify/{known['valid']}")
    written = page.locator(".ac-verdict__text").inner_text()
    assert re.search(rf"\d{{1,2}}(er)? \w+ {date.today().year}", written), written
