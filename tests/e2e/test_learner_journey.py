"""A public servant's whole way, in a real browser, on the running demo, in English and in French."""

import json
import re
import time

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.e2e.academy import RunningAcademy
from tests.e2e.helpers import check, sign_in

PASSWORD = "academy-demo-2026"

NEWCOMER = """
import datetime
from academy.people.models import Membership, User
from academy.people.services import assign_membership
model = Membership.objects.get(person__email="learner@academy.example", valid_to=None)
person = User.objects.create_user({email!r}, {password!r}, first_name="Žofia",
    last_name={last_name!r}, language={language!r})
assign_membership(person=person, unit=model.unit, position=model.position, manager=model.manager,
    valid_from=datetime.date.today() - datetime.timedelta(days=3))
"""

ANSWERS = """
import json
from assessments.models import Attempt
attempt = Attempt.objects.get(uuid={uuid!r})
print(json.dumps([[r.item_version.content["type"], r.item_version.content["key"]]
    for r in attempt.responses.select_related("item_version").order_by("position")]))
"""

IDENTITY = """
from academy.people.models import User
identity = User.objects.get(email={email!r}).identities.get(is_current=True)
print(identity.home_page, identity.name)
"""

WORDS = {
    "en": {
        "placement": "Start the placement",
        "dont_know": "I do not know",
        "done": "Mark as done and continue",
        "start_final": "Start the assessment",
        "submit": "Submit my answers",
        "passed": "Passed",
        "download": "Download the PDF",
        "valid": "Valid",
        "certificate": "Certificate of achievement",
        "enrol": "Enrol",
    },
    "fr": {
        "placement": "Commencer le positionnement",
        "dont_know": "Je ne sais pas",
        "done": "Marquer comme terminée et continuer",
        "start_final": "Commencer l’évaluation",
        "submit": "Remettre mes réponses",
        "passed": "Réussi",
        "download": "Télécharger le PDF",
        "valid": "Valide",
        "certificate": "Certificat de réussite",
        "enrol": "M’inscrire",
    },
}


def press(page: Page, text: str) -> None:
    """Press the button or follow the link with this text, and wait for the next page."""
    pattern = re.compile(re.escape(text))
    target = page.get_by_role("button", name=pattern).or_(page.get_by_role("link", name=pattern))
    with page.expect_navigation():
        target.first.click()


def take_placement(page: Page, words: dict) -> None:
    press(page, words["placement"])
    check(page)
    press(page, words["placement"])
    for step in range(60):
        if "/learning/placement/" in page.url:
            break
        check(page)
        if step % 3 == 0 and page.locator("[type=radio]").count():
            page.locator("[type=radio]").first.check()
            with page.expect_navigation():
                page.locator("main form button[type=submit]:not([name])").first.click()
        else:
            press(page, words["dont_know"])
        if step == 3:  # the back button and a refresh change nothing
            shown, item = page.locator("[name=position]").input_value(), page.url
            page.go_back()
            page.goto(item)
            assert page.locator("[name=position]").input_value() == shown
    assert "/learning/placement/" in page.url
    check(page)


def pass_final(page: Page, academy: RunningAcademy, words: dict) -> None:
    """From the page that introduces a final assessment to its result."""
    check(page)
    press(page, words["start_final"])
    uuid = re.search(r"attempts/([0-9a-f-]{36})/", page.url)[1]
    answers = json.loads(academy.shell(ANSWERS.format(uuid=uuid)))
    for kind, key in answers:
        check(page)
        if kind == "numeric":
            page.locator("[name=answer]").fill(key["value"])
        else:
            for value in key if isinstance(key, list) else [key]:
                page.locator(f'[name=answer][value="{value}"]').check()
        with page.expect_navigation():
            page.locator(
                "#question [name=go][value=next], #question [name=go][value=review]"
            ).first.click()
    check(page)
    press(page, words["submit"])
    assert page.get_by_text(words["passed"], exact=True).first.is_visible()
    check(page)
    check(page)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_from_sign_in_to_a_certificate_that_others_can_check(
    running_demo: RunningAcademy, new_page, language
):
    words = WORDS[language]
    email, last_name = f"journey-{language}@academy.example", f"Đặng-Ωmega {language}"
    running_demo.shell(
        NEWCOMER.format(email=email, password=PASSWORD, last_name=last_name, language=language)
    )
    page = new_page(locale="fr-FR" if language == "fr" else "en-GB")
    page.goto(f"/{language}/")
    check(page)
    sign_in(page, email, PASSWORD, language=language)
    page.goto(f"/{language}/learning/")
    check(page)

    take_placement(page, words)
    page.goto(f"/{language}/learning/plan/")
    check(page)

    # A module by its lessons, from the catalogue …
    page.goto(f"/{language}/catalogue-of-courses/")
    check(page)
    page.locator("main article a").first.click()
    page.wait_for_load_state()
    check(page)
    press(page, words["enrol"])
    for _lesson in range(8):
        if "/final/" in page.url:
            break
        check(page)
        press(page, words["done"])
    pass_final(page, running_demo, words)

    # … and the other at once, by its final assessment.
    page.goto(f"/{language}/learning/")
    page.goto(page.locator(".ac-card--next a").first.get_attribute("href"))
    page.goto(page.locator('a[href*="/final/"]').last.get_attribute("href"))
    pass_final(page, running_demo, words)

    # The worker makes the document; the page shows it when it is there.
    page.goto(f"/{language}/learning/credentials/")
    download_link = page.get_by_role("link", name=re.compile(re.escape(words["download"])))
    download_link.first.wait_for(timeout=60_000)
    check(page)
    with page.expect_download() as download:
        download_link.first.click()
    text = PdfReader(download.value.path()).pages[0].extract_text()
    assert words["certificate"] in text
    assert f"Žofia {last_name}" in text
    code = re.search(r"[34-9BCDFGHJKMNPQRTVWXY]{4}-\S{4}-\S{4}", text)[0]

    # Anyone can check it, without an account.
    stranger = new_page(locale="fr-FR" if language == "fr" else "en-GB")
    stranger.goto(f"/verify/{code}")
    assert stranger.get_by_text(words["valid"], exact=True).first.is_visible()
    assert stranger.get_by_text(last_name).first.is_visible()
    check(stranger)

    # The same completion stands in HR's report …
    hr = new_page()
    sign_in(hr, "hr@academy.example", PASSWORD)
    hr.goto("/admin/reports/completions/")
    assert hr.get_by_text(last_name).first.is_visible()
    check(hr)
    press(hr, last_name)
    assert "/admin/reports/people/" in hr.url
    check(hr)
    hr.goto("/admin/reports/coverage/")
    check(hr)
    hr.goto(hr.locator("main a[href*='coverage/people/']").first.get_attribute("href"))
    check(hr)

    # … and in the learning record store, under a name that is nobody's.
    home_page, name = running_demo.shell(IDENTITY.format(email=email)).split()
    operator = new_page()
    sign_in(operator, "operator@academy.example", PASSWORD)
    agent = json.dumps({"account": {"homePage": home_page, "name": name}})
    answer = operator.request.get(
        "/xapi/statements",
        params={"agent": agent, "verb": "http://adlnet.gov/expapi/verbs/completed"},
    ).json()
    kinds = [one["object"]["definition"]["type"] for one in answer["statements"]]
    assert "http://adlnet.gov/expapi/activities/course" in kinds
    assert email not in json.dumps(answer)
    assert last_name not in json.dumps(answer)


OWE_AGAIN = """
from academy.xapi.models import Statement
from credentials.models import Credential
from credentials.tasks import issue_credential
rows = Credential.objects.filter(state="issued", revocation=None)
ids = list(rows.values_list("pk", flat=True))
earned = Statement.objects.filter(verb__contains="earned").count()
rows.update(state="pending", pdf="", pdf_sha256="", issued_at=None, claimed_by=None,
    lease_until=None)
for pk in ids:
    issue_credential.delay(pk)
print(len(ids), earned)
"""

KILL_AT_THE_FIRST = """
import os, signal, time
from credentials.models import Credential
for _try in range(6000):
    if Credential.objects.filter(state="issued", revocation=None).exists():
        break
    time.sleep(0.01)
os.killpg({group}, signal.SIGKILL)
"""

STATES = """
import hashlib
from academy.xapi.models import Statement
from credentials.models import Credential
rows = list(Credential.objects.filter(revocation=None).exclude(state="refused"))
issued = [row for row in rows if row.state == "issued"]
assert all(hashlib.sha256(row.pdf.read()).hexdigest() == row.pdf_sha256 for row in issued)
print(len(issued), len(rows), Statement.objects.filter(verb__contains="earned").count())
"""


def test_a_worker_killed_while_making_certificates_is_only_a_delay(running_demo: RunningAcademy):
    """SIGKILL in the middle of the work: messages are lost, leases run out, the sweep finds the
    rows; each document is made, and each is announced once."""
    running_demo.kill_worker()
    owed, earned_before = map(int, running_demo.shell(OWE_AGAIN).split())
    assert owed > 5
    running_demo.start_worker()
    running_demo.shell(KILL_AT_THE_FIRST.format(group=running_demo.worker.pid))
    running_demo.kill_worker()
    issued, every, earned = map(int, running_demo.shell(STATES).split())
    assert issued > 0, "the worker made nothing"
    running_demo.start_worker()
    deadline = time.monotonic() + 120
    while issued < every and time.monotonic() < deadline:
        time.sleep(2)
        issued, every, earned = map(int, running_demo.shell(STATES).split())
    assert issued == every
    assert earned - earned_before == owed
