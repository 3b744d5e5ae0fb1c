"""Every page a person meets, in both languages: axe finds nothing, nothing scrolls sideways.

On the running demo, with one browser context a person. The newcomer has large print and reduced
motion set, so that the pages of an assessment are seen with them.
"""

import json
import re
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page

from tests.e2e import helpers
from tests.e2e.academy import RunningAcademy
from tests.e2e.helpers import assert_accessible, at_widths, sign_in, transferred

PASSWORD = "academy-demo-2026"
LANGUAGES = ("en", "fr")
WEIGHT = 60 * 1024  # bytes of a learner's page without its pictures, at a first visit
#: A booklet is the four to six lessons of a module on one page, for paper: their words alone, in
#: French and compressed, take 18 KiB. It is the one page that may weigh more.
BOOKLET_WEIGHT = 72 * 1024

NEWCOMERS = """
import datetime
from academy.demo.accounts import PASSWORD
from academy.people.models import Membership, User
from academy.people.services import assign_membership
from courses.models import Course
from courses.services import enroll
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
        for course in Course.objects.all():
            enroll(learner=person, course=course)
"""

#: Someone with a placement and a course under way, someone with a valid certificate, someone whose
#: certificate ran out, someone who skipped a module. The demo's people cannot sign in, except one a
#: role, so these are given the demo's password.
KNOWN = """
import json
from django.utils import timezone
from academy.demo.accounts import PASSWORD
from assessments.models import Attempt
from courses.models import Enrollment, Lesson, Module, PlanItem
from credentials.models import Credential
graded = Attempt.objects.filter(status="graded").order_by("pk")
placement = graded.filter(assessment__kind="placement",
    learner__in=Enrollment.objects.filter(status="active").values("learner")).first()
enrollment = Enrollment.objects.filter(learner=placement.learner, status="active").first()
finals = graded.filter(assessment__kind="final")
valid = Credential.objects.filter(state="issued", revocation=None).exclude(
    expires_at__lt=timezone.now()).filter(learner__in=finals.values("learner")).order_by("pk").first()
expired = Credential.objects.filter(
    state="issued", revocation=None, expires_at__lt=timezone.now()).first()
skipped = PlanItem.objects.filter(state="skipped").first()
for person in (placement.learner, valid.learner, expired.learner, skipped.learner):
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
    "expired": expired.code,
    "renewer": expired.learner.email,
    "renewable": str(expired.course.uuid),
    "skipper": skipped.learner.email,
    "lessons": [str(one.uuid) for one in Lesson.objects.order_by("module", "order")],
    "modules": [str(one.uuid) for one in Module.objects.order_by("pk")],
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
    helpers.check(page)


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
    for code in (known["valid"], known["expired"], known["revoked"]):
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


def test_states_of_an_assessment(
    open_as, known: dict, language: str, running_demo: RunningAcademy, console
) -> None:
    """Under way, answered elsewhere, the session gone, the time over, to be tried again."""
    page = open_as(f"walker-{language}@academy.example")
    page.goto(f"/{language}/placement/")
    submit(page, "main form button")
    submit(page, "main form button[name=dont_know]")
    check(page, language)
    check(page, language, f"/{language}/placement/")  # to go on with

    final = f"/{language}/modules/{known['modules'][0]}/final/"
    page.goto(final)
    submit(page, "main form button")
    first = page.url
    check(page, language, final)  # to go on with
    page.goto(first)
    other = page.context.new_page()
    console.allow("ERR_FAILED")
    page.route(
        "**/saves/", lambda route: route.abort()
    )  # it hears of the other tab by its form alone
    for tab, answer in ((other, 0), (page, 1)):
        if tab is other:
            other.goto(first)
        give_answer(tab, answer)
    submit(other, "#question [name=go]")
    console.allow("status of (409|422)")
    page.locator("[name=seq]").evaluate("field => field.value = 1")
    submit(page, "#question [name=go]")
    assert page.locator("[data-error-summary]").is_visible()
    check(page, language)
    other.close()

    page.goto(first)
    page.context.clear_cookies()
    console.allow("status of 403")
    submit(page, "#question [name=go]")
    check(page, language)  # this page was open too long
    page.goto(first)
    assert "/accounts/login/" in page.url
    check(page, language)

    sign_in(page, f"walker-{language}@academy.example", PASSWORD, language=language)
    uuid = re.search(r"attempts/([0-9a-f-]{36})/", first)[1]
    running_demo.shell(OVER.format(uuid=uuid))
    page.goto(first)
    assert "/result/" in page.url
    check(page, language)
    check(page, language, final)  # to be tried again


#: The clock of an attempt ran out a minute ago.
OVER = """
from datetime import timedelta
from django.utils import timezone
from assessments.models import Attempt
over = timezone.now() - timedelta(minutes=1)
Attempt.objects.filter(uuid={uuid!r}, status="in_progress").update(deadline_at=over)
"""


def give_answer(page: Page, which: int) -> None:
    """Choose the option, or write a number."""
    options = page.locator("#question [name=answer][value]:is([type=radio], [type=checkbox])")
    if options.count():
        options.nth(which).check(force=True)
    else:
        page.locator("#question [name=answer]").fill(str(which))


def test_states_of_a_plan(open_as, known: dict, language: str, console) -> None:
    page = open_as(known["skipper"])
    check(page, language, f"/{language}/learning/plan/")
    page = open_as(known["learner"])
    page.goto(f"/{language}/learning/plan/")
    page.goto(page.locator("a[href*='/defer/']").first.get_attribute("href"))
    check(page, language)
    console.allow("status of (400|422)")
    page.locator("main form [type=date]").first.fill("2020-01-01")
    submit(page, "main form button[type=submit]")
    check(page, language)


def test_states_of_a_course_and_of_its_certificate(
    open_as, known: dict, language: str, running_demo: RunningAcademy
) -> None:
    """Under way, completed, run out; the document being made, or not to be made."""
    for person in (known["learner"], known["holder"], known["renewer"]):
        page = open_as(person)
        check(page, language, f"/{language}/catalogue-of-courses/{known['renewable']}/")
    check(page, language, f"/{language}/learning/credentials/")
    holder = open_as(known["holder"])
    before = running_demo.shell(IN_STATE.format(code=known["valid"], state="claimed"))
    try:
        check(holder, language, f"/{language}/learning/credentials/")
        check(holder, language, f"/verify/{known['valid']}")
        running_demo.shell(IN_STATE.format(code=known["valid"], state="refused"))
        check(holder, language, f"/{language}/learning/credentials/")
    finally:
        running_demo.shell(IN_STATE.format(code=known["valid"], state=before.strip()))


#: A certificate in a state that the worker leaves alone; prints the one before.
IN_STATE = """
from datetime import timedelta
from django.utils import timezone
from credentials.models import Credential
row = Credential.objects.get(code={code!r})
print(row.state)
Credential.objects.filter(pk=row.pk).update(state={state!r},
    lease_until=timezone.now() + timedelta(hours=1))
"""


def test_pages_that_refuse(open_as, known: dict, language: str, console) -> None:
    console.allow("status of (400|403|404|500)")
    page = open_as()
    check(page, language, f"/{language}/no-such-page/")
    page.goto(f"/{language}/accounts/login/")
    page.locator("[name=login]").fill("nobody@academy.example")
    page.locator("[name=password]").fill("wrong")
    submit(page, "form:has([name=password]) [type=submit]")
    check(page, language)
    check(page, language, f"/{language}/accounts/password/reset/")
    submit(page, "main form [type=submit]")  # no address: the page says so
    page = open_as(known["learner"])
    for path in (f"/{language}/team/", "/admin/reports/coverage/", f"/{language}/learning/plan/x/"):
        check(page, language, path)
    check(page, language, f"/{language}/accounts/logout/")


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_pages_of_a_failure(
    open_as, language: str, running_demo: RunningAcademy, console, template: str
) -> None:
    """Nothing in the academy leads there; they are shown as the server would send them."""
    console.allow("status of")
    body = running_demo.shell(FAILURE.format(template=template, language=language))
    page = open_as()
    page.route(
        "**/broken/", lambda route: route.fulfill(status=500, body=body, content_type="text/html")
    )
    check(page, language, "/broken/")


FAILURE = """
from django.template.loader import render_to_string
from django.utils.translation import override
with override({language!r}):
    print(render_to_string({template!r}))
"""


def test_pages_of_human_resources(open_as, known: dict, language: str) -> None:
    """The reports stand in Wagtail's admin, in the language of the person."""
    page = open_as("hr@academy.example")
    for report, below in (
        ("coverage", "a[href*='coverage/people/']"),
        ("completions", "a[href*='/reports/people/']"),
    ):
        page.goto(f"/admin/reports/{report}/")
        helpers.check(page)
        page.goto(page.locator(f"main {below}").first.get_attribute("href"))
        helpers.check(page)


def test_pages_of_a_trainer(open_as, known: dict, language: str) -> None:
    """Wagtail's screens with our panels and forms in them: what axe finds there is Wagtail's own,
    and each of it is listed."""
    page = open_as("trainer@academy.example")
    for path in (
        "/admin/",
        "/admin/snippets/assessments/itembank/",
        "/admin/snippets/assessments/itemcontent/",
        "/admin/snippets/assessments/itemcontent/add/",
        "/admin/snippets/assessments/assessment/add/",
    ):
        page.goto(path)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert_accessible(page, helpers.WAGTAILS_OWN)


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
    check = page.locator("form.ac-check").first
    check.locator(".govuk-radios__label, .govuk-checkboxes__label").first.click()
    check.locator("button").click()
    assert page.locator(".ac-check__outcome .ac-check__verdict").first.is_visible()


def test_every_lesson(open_as, known: dict, language: str) -> None:
    """Accessible, and light at a first visit."""
    page = open_as(f"walker-{language}@academy.example")
    for lesson in known["lessons"]:
        assert_light(page, f"/{language}/learn/lesson/{lesson}/")
        assert f"/{lesson}/" in page.url
        check(page, language)


def assert_light(page: Page, path: str, most: int = WEIGHT) -> None:
    weights = transferred(page, path)
    assert any(address.endswith(".css") for address in weights), weights
    total = sum(weights.values())
    assert total <= most, f"{page.url}: {total / 1024:.1f} KiB: {weights}"


def test_weight_of_pages(open_as, known: dict, language: str) -> None:
    """Every other kind of page a learner meets: what comes over the wire with an empty cache."""
    page = open_as(known["learner"])
    root = f"/{language}/learning"
    for path in (
        f"/{language}/",
        f"/{language}/catalogue-of-courses/",
        f"/{language}/catalogue-of-courses/{known['renewable']}/",
        f"/verify/{known['valid']}",
        *(f"{root}{path}" for path in ("/", "/plan/", "/credentials/", "/record/", "/settings/")),
        f"{root}/placement/{known['placement']}/",
        f"/{language}/placement/",
        f"/{language}/accounts/password/change/",
    ):
        assert_light(page, path)
    enrolled = open_as(f"walker-{language}@academy.example")
    for module in known["modules"]:
        assert_light(enrolled, f"/{language}/learn/module/{module}/print/", BOOKLET_WEIGHT)
        assert enrolled.locator(".ac-booklet").count() > 1
    holder = open_as(known["holder"])
    assert_light(holder, f"/{language}/attempts/{known['final']}/result/")


def test_weight_of_assessments(open_as, known: dict, language: str) -> None:
    """Questions of a placement and of a final assessment, and the review."""
    page = open_as(f"walker-{language}@academy.example")
    for start in (f"/{language}/placement/", f"/{language}/modules/{known['modules'][-1]}/final/"):
        assert_light(page, start)
        submit(page, "main form button")
        assert_light(page, page.url)
    submit(page, "#question [value=review]")
    assert_light(page, page.url)


def test_dates_are_written_out(open_as, known: dict, language: str) -> None:
    """Day, month in words, year: read the same way in every country."""
    page = open_as()
    page.goto(f"/verify/{known['valid']}")
    written = page.locator(".ac-verdict__text").inner_text()
    assert re.search(rf"\d{{1,2}}(er)? \w+ {date.today().year}", written), written
