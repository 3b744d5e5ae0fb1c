"""A trainer makes a course in the Wagtail admin, in two languages; a learner completes it; HR sees it.

Everything a trainer does is done by the admin's own screens, on the running demo.
"""

import csv
import io
import json
import re
from dataclasses import dataclass

from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.e2e.academy import RunningAcademy
from tests.e2e.helpers import sign_in

PASSWORD = "academy-demo-2026"
LEARNER = "trained@academy.example"
BANK = {"en": "Asking for open data", "fr": "Demander des données ouvertes"}
FINAL = {"en": "Final assessment: asking", "fr": "Évaluation finale : demander"}
MODULE = {"en": "How to ask for data", "fr": "Comment demander des données"}
COURSE = {"en": "Asking for data", "fr": "Demander des données"}
LESSONS = [
    {"en": "Say what you need", "fr": "Dites ce qu’il vous faut"},
    {"en": "Read the answer", "fr": "Lisez la réponse"},
]
SUMMARY = {"en": "Ask an office for its figures.", "fr": "Demander ses chiffres à un service."}
OUTCOME = {"en": "You can write a request.", "fr": "Vous savez rédiger une demande."}
HEADING = {"en": "What to do", "fr": "Que faire"}
HINT = {"en": "A hint", "fr": "Un conseil"}
TEXTS = [
    {"en": "Name the figures, the period and the area.", "fr": "Nommez chiffres, période et zone."},
    {"en": "Compare the answer with your question.", "fr": "Comparez la réponse à la question."},
]
EXPLANATION = {"en": "The lesson says so.", "fr": "La leçon le dit."}
FEEDBACK = {"en": "Think of the lesson.", "fr": "Pensez à la leçon."}
COMPETENCY = "digcomp-2.2 1.1"


@dataclass
class Question:
    """`right` and `wrong` are options; a question without them asks for a number, `value`."""

    stem: dict[str, str]
    right: dict[str, str] | None = None
    wrong: dict[str, str] | None = None
    value: str = ""

    @property
    def words(self) -> list[dict[str, str]]:
        return [words for words in (self.stem, self.right, self.wrong) if words]


ITEMS = [
    Question(
        {"en": "Whom do you ask first?", "fr": "À qui demander d’abord ?"},
        {"en": "The office that keeps the data", "fr": "Au service qui tient les données"},
        {"en": "The press office", "fr": "Au service de presse"},
    ),
    Question(
        {"en": "What belongs in a request?", "fr": "Que contient une demande ?"},
        {"en": "The period you need", "fr": "La période voulue"},
        {"en": "Your opinion of the office", "fr": "Votre avis sur le service"},
    ),
    Question(
        {"en": "Which format can you compute with?", "fr": "Quel format se prête au calcul ?"},
        {"en": "A CSV file", "fr": "Un fichier CSV"},
        {"en": "A photograph of a table", "fr": "La photo d’un tableau"},
    ),
    Question(
        {"en": "What does a licence say?", "fr": "Que dit une licence ?"},
        {"en": "What you may do with the data", "fr": "Ce que vous pouvez en faire"},
        {"en": "How old the data is", "fr": "L’âge des données"},
    ),
    Question({"en": "How many is half of 48?", "fr": "Combien font la moitié de 48 ?"}, value="24"),
]

NEWCOMER = """
import datetime
from academy.people.models import Membership, User
from academy.people.services import assign_membership
model = Membership.objects.get(person__email="learner@academy.example", valid_to=None)
person = User.objects.create_user({email!r}, {password!r}, first_name="Élise", last_name={name!r},
    language="fr")
assign_membership(person=person, unit=model.unit, position=model.position, manager=model.manager,
    valid_from=datetime.date.today() - datetime.timedelta(days=3))
"""

MADE = """
import json
from assessments.models import ItemBank, ItemContent
from cms.models import CoursePage, LessonPage, ModulePage
from courses.models import Course
course = Course.objects.get(title__en={title!r})
module = course.modules.get()
page = CoursePage.objects.get(translation_key=course.uuid, locale__language_code="fr")
french = ModulePage.objects.get(translation_key=module.uuid, locale__language_code="fr")
print(json.dumps({{
    "course": course.title,
    "module": module.title,
    "minutes": module.minutes,
    "lessons": [one.title for one in module.lessons.order_by("order")],
    "teaches": [[one.competency.code, one.level] for one in module.teaches.all()],
    "final": module.final_assessment.title,
    "french_links": [str(one.module.translation_key) for one in page.module_links.all()],
    "french_teaches": [[one.competency.code, one.level] for one in french.teaches.all()],
    "french_final": french.final_assessment.title,
    "french_lessons": [one.title for one in LessonPage.objects.child_of(french).live()],
    "module_uuid": str(module.uuid),
    "contents": ItemContent.objects.filter(bank__title__en={bank!r}).count(),
    "items": [
        [item.code, item.item_type, item.current_version.content]
        for item in ItemBank.objects.get(title__en={bank!r}).items.order_by("pk")
    ],
}}))
"""

ANSWERS = """
import json
from assessments.models import Attempt
attempt = Attempt.objects.get(uuid={uuid!r})
print(json.dumps([[r.item_version.content["type"], r.item_version.content["key"]]
    for r in attempt.responses.select_related("item_version").order_by("position")]))
"""


class Desk:
    """The admin, as a trainer uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # --- Forms ----------------------------------------------------------------------------------

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.ready()

    def follow(self, link: Locator) -> None:
        with self.page.expect_navigation():
            link.first.click()
        self.ready()

    def menu(self, *labels: str) -> None:
        """Down the menu at the side."""
        menu = self.page.get_by_role("navigation", name="Main menu").or_(
            self.page.locator("#wagtail-sidebar nav")
        )
        for label in labels[:-1]:
            menu.get_by_role("button", name=label).click()
        self.follow(menu.get_by_role("link", name=labels[-1], exact=True))

    def ready(self) -> None:
        self.page.wait_for_function("() => document.body.classList.contains('ready')")

    def field(self, path: str) -> Locator:
        return self.page.locator(f'[data-contentpath="{path}"]').first

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.locator(f"[name={name}]").fill(value)
            self.page.keyboard.press("Tab")  # a title makes the slug when one leaves it

    def write(self, editor: Locator, words: str) -> None:
        """In a rich text field; what is written reaches the form a moment later."""
        editor.locator("[contenteditable=true]").first.fill(words)
        expect(editor.locator(f'input[type=hidden][value*="{words}"]').first).to_be_attached()

    def select_competency(self, name: str, level: str) -> None:
        select = self.page.locator(f"[name={name}competency]")
        option = select.locator("option", has_text=COMPETENCY)
        select.select_option(option.get_attribute("value"))
        self.fill(**{f"{name}level": level})

    def choose(self, chooser: Locator, button: str, title: str) -> None:
        """A snippet or a page in its chooser."""
        chooser.get_by_role("button", name=button).click()
        modal = self.page.locator(".modal-body")
        modal.get_by_role("link", name=title, exact=True).click()
        modal.wait_for(state="hidden")
        expect(chooser.get_by_text(title)).to_be_visible()

    def insert(self, stream: Locator, block: str) -> Locator:
        """A block at the end of a stream."""
        stream.locator("button[title='Insert a block']").last.click()
        options = self.page.get_by_role("option", name=block, exact=True)
        if options.count():
            options.click()
        return stream.locator("[data-streamfield-child]").last

    def save(self) -> str:
        return self._finish(self.page.locator("footer button.action-save").first)

    def publish(self) -> str:
        self.settle()
        self.page.locator("footer").get_by_role("button", name="More actions").click()
        return self._finish(self.page.locator("[name=action-publish]"))

    def settle(self) -> None:
        """Let Wagtail's own saving, a moment after the last change, come to its end.

        The first one makes the draft and gives the form its address; whoever presses a button
        while it is under way, as only a program is quick enough to, makes a second one.
        """
        state = "document.querySelector('form[data-edit-form]').dataset.wUnsavedHasEditsValue"
        self.page.wait_for_function(f"() => {state} !== undefined")
        self.page.wait_for_timeout(1200)
        self.page.wait_for_function(f"() => {state} === 'false'")

    def _finish(self, button: Locator) -> str:
        """Press the button; what the next page says."""
        with self.page.expect_navigation():
            button.click()
        self.ready()
        expect(self.page.locator(".messages .error")).to_have_count(0)
        return self.page.locator(".messages").inner_text()

    # --- What is made ---------------------------------------------------------------------------

    def write_question(self, question: Question) -> None:
        self.choose(self.field("bank"), "Choose item bank", BANK["en"])
        self.select_competency("", "2")
        self.write(self.field("stem"), question.stem["en"])
        self.write(self.field("explanation"), EXPLANATION["en"])
        if question.value:
            self.page.locator("[name=item_type]").select_option("numeric")
            self.fill(numeric_value=question.value)
            return
        for number, option in enumerate((question.right, question.wrong)):
            self.insert(self.field("options"), "Option")
            self.page.locator(f"[name=options-{number}-value-text]").fill(option["en"])
            self.page.locator(f"[name=options-{number}-value-feedback]").fill(FEEDBACK["en"])
        self.page.locator("[name=options-0-value-correct]").check()

    def write_lesson(self, title: str, text: str) -> None:
        self.fill(title=title, minutes="7")
        body = self.field("body")
        self.insert(body, "Heading").locator("input[type=text]").fill(HEADING["en"])
        self.write(self.insert(body, "Text"), text)
        callout = self.insert(body, "Callout")
        callout.locator("input[type=text]").fill(HINT["en"])
        self.write(callout, text)

    # --- What is translated ---------------------------------------------------------------------

    def submit_for_translation(self, *, subtree: bool = False) -> None:
        """“Translate this page”, from the menu of the page that is open."""
        self.page.locator("header").get_by_role("button", name="Actions").first.click()
        self.follow(self.page.get_by_role("link", name="Translate this page"))
        if subtree:
            self.page.locator("[name=include_subtree]").check()
        self.page.locator("[name=locales]").first.check()
        with self.page.expect_navigation():
            self.page.locator("[type=submit][value=Submit]").click()
        self.ready()

    def translate(self, words: dict[str, str]) -> str:
        """In the translation editor: every string in French, then publish; what it says then."""
        waiting = self.page.locator(".js-translation-editor li.incomplete:visible")
        waiting.first.wait_for()
        for left in range(waiting.count(), 0, -1):
            row = waiting.first
            english = row.locator("p").first.inner_text()
            row.get_by_role("button", name="Translate", exact=True).click()
            row.locator("textarea").fill(words[english])
            row.get_by_role("button", name="Save", exact=True).click()
            expect(waiting).to_have_count(left - 1)
        return self._finish(self.page.get_by_role("button", name="Publish in Français"))


# --- The trainer ----------------------------------------------------------------------------------


def make_bank(desk: Desk) -> None:
    desk.menu("Assessments", "Item banks")
    desk.follow(desk.page.get_by_role("link", name="Add item bank"))
    desk.fill(title_en=BANK["en"], title_fr=BANK["fr"], code="asking")
    assert "created" in desk.save()


def make_questions(desk: Desk) -> None:
    for question in ITEMS:
        desk.menu("Assessments", "Questions")
        desk.follow(desk.page.get_by_role("link", name="Add question"))
        desk.write_question(question)
        assert "published" in desk.publish()


def make_final(desk: Desk) -> None:
    desk.menu("Assessments", "Assessments")
    desk.follow(desk.page.get_by_role("link", name="Add assessment"))
    desk.fill(title_en=FINAL["en"], title_fr=FINAL["fr"], code="final-asking", cut_score="0.6")
    section = desk.page.locator("#id_sections-0-bank-chooser")
    desk.choose(section, "Choose item bank", BANK["en"])
    desk.fill(**{"sections-0-count": "6"})
    assert "has 5 active questions" in desk.save(), "nobody said that six cannot be drawn"
    desk.follow(desk.page.get_by_role("link", name=FINAL["en"], exact=True))
    desk.fill(**{"sections-0-count": "5"})
    assert "has 5 active questions" not in desk.save()


def make_module(desk: Desk) -> None:
    desk.menu("Modules")
    desk.follow(desk.page.locator("header a[href$='/add_subpage/']"))
    desk.fill(title=MODULE["en"], summary=SUMMARY["en"], outcome=OUTCOME["en"])
    desk.page.locator("#id_teaches-ADD").click()
    desk.select_competency("teaches-0-", "2")
    desk.choose(desk.field("final_assessment"), "Choose assessment", FINAL["en"])
    assert "published" in desk.publish()
    for number, (title, text) in enumerate(zip(LESSONS, TEXTS, strict=True)):
        desk.menu("Modules")
        way = "Explore child pages of" if number else "Add a child page to"
        desk.follow(desk.page.get_by_role("link", name=f"{way} '{MODULE['en']}'"))
        if number:
            desk.follow(desk.page.locator("header a[href$='/add_subpage/']"))
        desk.write_lesson(title["en"], text["en"])
        assert "published" in desk.publish()
    shown = desk.page.get_by_title("Edit this page").all_inner_texts()
    assert [one for one in shown if one] == [title["en"] for title in LESSONS]


def make_course(desk: Desk) -> None:
    desk.menu("Courses")
    desk.follow(desk.page.locator("header a[href$='/add_subpage/']"))
    desk.fill(title=COURSE["en"], summary=SUMMARY["en"], outcome=OUTCOME["en"])
    chooser = desk.page.locator("#id_module_links-0-module-chooser")
    desk.choose(chooser, "Choose a page (Module)", MODULE["en"])
    assert "published" in desk.publish()


def translate_module(desk: Desk) -> None:
    """The module with the pages below it, at once; then each page."""
    desk.menu("Modules")
    desk.follow(desk.page.get_by_role("link", name=f"Explore child pages of '{MODULE['en']}'"))
    desk.submit_for_translation(subtree=True)
    number = re.search(r"/pages/(\d+)/edit/", desk.page.url)[1]
    assert "Published" in desk.translate(french(MODULE, SUMMARY, OUTCOME))
    for title, text in zip(LESSONS, TEXTS, strict=True):
        desk.open(f"/admin/pages/{number}/")
        desk.follow(desk.page.get_by_role("link", name=title["en"], exact=True))
        assert "Published" in desk.translate(french(title, text, HEADING, HINT))


def translate_course(desk: Desk) -> None:
    desk.menu("Courses")
    desk.follow(desk.page.get_by_role("link", name=COURSE["en"], exact=True))
    desk.submit_for_translation()
    assert "Published" in desk.translate(french(COURSE, SUMMARY, OUTCOME))


def translate_questions(desk: Desk) -> None:
    """All questions of the bank by one action on the list; then each of them."""
    desk.menu("Assessments", "Item banks")
    row = desk.page.locator("tr", has_text=BANK["en"])
    desk.follow(row.get_by_role("link", name=str(len(ITEMS)), exact=True))
    desk.page.locator("thead [type=checkbox]").check()
    desk.follow(desk.page.get_by_role("link", name="Translate the selected questions"))
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Translate", exact=True).click()
    desk.ready()
    assert "5 translations begun" in desk.page.locator(".messages").inner_text()
    listed = desk.page.url
    for question in ITEMS:
        desk.open(listed)
        row = desk.page.locator("tr", has_text=question.stem["en"])
        desk.follow(row.get_by_role("link", name="FR · draft"))
        assert "Published" in desk.translate(french(*question.words, EXPLANATION, FEEDBACK))
    desk.open(listed)
    expect(desk.page.get_by_role("link", name="FR", exact=True)).to_have_count(len(ITEMS))


def french(*texts: dict[str, str]) -> dict[str, str]:
    return {text["en"]: text["fr"] for text in texts}


def assert_made(academy: RunningAcademy) -> dict:
    """One record in two languages; what does not depend on the language arrived in French."""
    made = json.loads(academy.shell(MADE.format(title=COURSE["en"], bank=BANK["en"])))
    assert made["course"] == COURSE
    assert made["module"] == MODULE
    assert made["lessons"] == LESSONS
    assert made["minutes"] == 14
    assert made["teaches"] == made["french_teaches"] == [["1.1", 2]]
    assert made["final"] == made["french_final"] == FINAL
    assert made["french_links"] == [made["module_uuid"]]
    assert made["french_lessons"] == [title["fr"] for title in LESSONS]
    assert [code for code, _type, _content in made["items"]] == [
        f"asking-{number:03}" for number in range(1, 6)
    ]
    for (_code, kind, content), question in zip(made["items"], ITEMS, strict=True):
        english, in_french = content["languages"]["en"], content["languages"]["fr"]
        assert kind == ("numeric" if question.value else "single")
        assert question.stem["en"] in english["stem"]
        assert question.stem["fr"] in in_french["stem"]
        ids = [[one["id"] for one in words["options"]] for words in (english, in_french)]
        assert ids[0] == ids[1]
        if question.right:
            right = next(one for one in in_french["options"] if one["id"] == content["key"])
            assert right["text"] == question.right["fr"]
            assert right["feedback"] == FEEDBACK["fr"]
    assert made["contents"] == 2 * len(ITEMS), "a question was made twice"
    return made


# --- The learner ----------------------------------------------------------------------------------


def press(page: Page, words: str) -> None:
    pattern = re.compile(re.escape(words))
    target = page.get_by_role("button", name=pattern).or_(page.get_by_role("link", name=pattern))
    with page.expect_navigation():
        target.first.click()


def take_course(page: Page, academy: RunningAcademy) -> str:
    """In French, from the catalogue to the certificate; the text of its first page."""
    page.goto("/en/catalogue-of-courses/")
    press(page, COURSE["en"])
    assert page.get_by_role("heading", name=COURSE["en"]).first.is_visible()
    press(page, "Français")
    assert page.get_by_role("heading", name=COURSE["fr"]).first.is_visible()
    press(page, "M’inscrire")
    for title, text in zip(LESSONS, TEXTS, strict=True):
        assert page.get_by_role("heading", name=title["fr"]).first.is_visible()
        assert page.get_by_text(text["fr"]).first.is_visible()
        press(page, "Marquer comme terminée et continuer")
    press(page, "Commencer l’évaluation")
    uuid = re.search(r"attempts/([0-9a-f-]{36})/", page.url)[1]
    stems = [question.stem["fr"] for question in ITEMS]
    for kind, key in json.loads(academy.shell(ANSWERS.format(uuid=uuid))):
        assert any(stem in page.locator("#question").inner_text() for stem in stems)
        if kind == "numeric":
            page.locator("[name=answer]").fill(key["value"])
        else:
            page.locator(f'[name=answer][value="{key}"]').check()
        go = "#question [name=go][value=next], #question [name=go][value=review]"
        with page.expect_navigation():
            page.locator(go).first.click()
    press(page, "Remettre mes réponses")
    assert page.get_by_text("Réussi", exact=True).first.is_visible()
    assert page.get_by_text(FEEDBACK["fr"]).first.is_visible()

    page.goto("/fr/learning/credentials/")
    download_link = page.get_by_role("link", name=re.compile("Télécharger le PDF"))
    download_link.first.wait_for(timeout=60_000)
    with page.expect_download() as download:
        download_link.first.click()
    return PdfReader(download.value.path()).pages[0].extract_text()


# --- HR -------------------------------------------------------------------------------------------


def download(page: Page, kind: str) -> bytes:
    with page.expect_download() as file:
        page.get_by_role("link", name=f"Download {kind} of the list").click()
    return file.value.path().read_bytes()


def assert_reported(page: Page, name: str) -> None:
    """HR filters by the course, sees the person, and has the row in both files."""
    desk = Desk(page)
    desk.open("/admin/")
    desk.menu("Reports", "Completions")
    page.locator("[name=course]").select_option(label=COURSE["en"])
    with page.expect_navigation():
        page.locator("form:has([name=course]) [type=submit]").first.click()
    names = page.locator("#list ~ div tbody th").all_inner_texts()
    assert names == [name]

    rows = list(csv.reader(io.StringIO(download(page, "CSV").decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [name]
    assert COURSE["en"] in rows[1]
    sheet = load_workbook(io.BytesIO(download(page, "XLSX"))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [name]
    assert COURSE["en"] in rows[1]


# --- The journey ----------------------------------------------------------------------------------


def test_a_course_from_the_desk_to_the_report(running_demo: RunningAcademy, new_page, console):
    console.allow(r"status of 400 \(Bad Request\)")  # Wagtail saves a form that is not complete yet
    trainer = new_page()
    sign_in(trainer, "trainer@academy.example", PASSWORD)
    desk = Desk(trainer)
    desk.open("/admin/")
    assert trainer.get_by_role("heading", name="Make a course").is_visible()
    make_bank(desk)
    make_questions(desk)
    make_final(desk)
    make_module(desk)
    make_course(desk)
    translate_module(desk)
    translate_course(desk)
    translate_questions(desk)
    assert_made(running_demo)

    running_demo.shell(NEWCOMER.format(email=LEARNER, password=PASSWORD, name="Nguyễn-Ávila"))
    learner = new_page(locale="fr-FR")
    sign_in(learner, LEARNER, PASSWORD, language="fr")
    text = take_course(learner, running_demo)
    assert "Certificat de réussite" in text
    assert "Élise Nguyễn-Ávila" in text
    assert COURSE["fr"] in text

    hr = new_page()
    sign_in(hr, "hr@academy.example", PASSWORD)
    assert_reported(hr, "Élise Nguyễn-Ávila")
