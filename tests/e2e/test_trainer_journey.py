"""A trainer makes a course in the Wagtail admin, in two languages; a learner completes it; HR sees it.

Everything a trainer does is done by the admin's own screens, on the running demo.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

PASSWORD = "academy-demo-2026"
QUESTIONS = "/admin/snippets/assessments/itemcontent/"
BANK = {"en": "Asking for open data", "fr": "Demander des données ouvertes"}
FINAL = {"en": "Final assessment: asking", "fr": "Évaluation finale : demander"}
MODULE = {"en": "How to ask for data", "fr": "Comment demander des données"}
COURSE = {"en": "Asking for data", "fr": "Demander des données"}
LESSONS = [
    {"en": "Say what you need", "fr": "Dites ce qu’il vous faut"},
    {"en": "Read the answer", "fr": "Lisez la réponse"},
]
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
    Question(
        {"en": "How many is half of 48?", "fr": "Combien font la moitié de 48 ?"}, value="24"
    ),
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
from assessments.models import ItemBank
from cms.models import CoursePage, LessonPage, ModulePage
from courses.models import Course
course = Course.objects.get(title__en={title!r})
module = course.modules.get()
page = CoursePage.objects.get(translation_key=course.uuid, locale__language_code="fr")
french = ModulePage.objects.get(translation_key=module.uuid, locale__language_code="fr")
print(json.dumps({{
    "course": course.title,
    "uuid": str(course.uuid),
    "module": module.title,
    "minutes": module.minutes,
    "lessons": [one.title for one in module.lessons.order_by("order")],
    "teaches": [[one.competency.code, one.level] for one in module.teaches.all()],
    "final": module.final_assessment.title,
    "french_links": [str(one.module.translation_key) for one in page.module_links.all()],
    "french_teaches": [[one.competency.code, one.level] for one in french.teaches.all()],
    "french_final": french.final_assessment.title,
    "french_lessons": [one.title for one in LessonPage.objects.child_of(french).live()],
    "is_module": str(module.uuid),
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
        expect(editor.locator("input[type=hidden][name]").first).to_have_value(
            re.compile(re.escape(words))
        )

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
        """Let Wagtail's own saving, half a second after the last change, come to its end.

        The first one makes the draft and gives the form its address; whoever presses a button
        while it is under way makes a second one.
        """
        self.page.wait_for_function(
            "() => document.querySelector('form[data-edit-form]').dataset.wUnsavedHasEditsValue === 'false'"
        )

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

    def add_below(self, title: str) -> None:
        """In the explorer: a page below the one of this title."""
        self.follow(self.page.get_by_role("link", name=title, exact=True))

    # --- Translating ----------------------------------------------------------------------------

    def submit_for_translation(self, subtree: bool) -> None:
        """“Translate this page”, in the menu of the page that is open."""
        self.page.locator("header").get_by_role("button", name="Actions").first.click()
        self.follow(self.page.get_by_role("link", name="Translate this page"))
        if subtree:
            self.page.locator("[name=include_subtree]").check()
        self.page.locator("[name=locales]").first.check()
        with self.page.expect_navigation():
            self.page.locator("[type=submit][value=Submit]").click()
        self.ready()

    def translate(self, words: dict[str, str]) -> None:
        """In the translation editor: every string in French, then publish."""


def french(*texts: dict[str, str]) -> dict[str, str]:
    return {text["en"]: text["fr"] for text in texts}
