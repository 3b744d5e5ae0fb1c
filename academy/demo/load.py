"""Loading the demo, step by step."""

from collections.abc import Callable
from datetime import timedelta

from wagtail.models import Locale

from academy.competencies.services import load_framework
from academy.core.clock import now, today
from academy.demo import banks, content, government, history, marked, people, practice, teaching
from academy.demo.accounts import address
from academy.demo.checker import FRAMEWORKS
from academy.demo.keys import key_of
from academy.people.models import OrgUnit, User
from assessments import item_statistics
from cms.seed import ensure_roles, ensure_site
from courses.models import Course

#: Days ago: when the ministry was founded, and when the academy's content was written.
FOUNDED, WRITTEN = 1100, 820
#: In the order in which they were written.
MODULES = ("finding-data", "describing-data", "personal-data")

Progress = Callable[[str], None]


def is_loaded() -> bool:
    return User.objects.filter(email=address("learner")).exists()


def holds_other_data() -> bool:
    """Whether an academy of somebody else is in the database: a demo has no business in it."""
    return OrgUnit.objects.exists() or Course.objects.exists()


def load(done: Progress) -> None:
    """Everything, in the order in which it builds on each other. `done` hears of each step."""
    moment = now()
    written = moment - timedelta(days=WRITTEN)
    home = ensure_site()
    ensure_roles()
    locales = {one.language_code: one for one in Locale.objects.order_by("pk")}
    locales = {home.locale.language_code: home.locale} | locales  # the source language first
    done("site, languages and roles")

    for path in sorted(FRAMEWORKS.glob("*.json")):
        load_framework(path.read_bytes(), at=written)
    done("competency frameworks")

    government.load_government(founded=today() - timedelta(days=FOUNDED))
    staff = people.load_people(today())
    done(f"a ministry of {len(government.UNITS)} units and {len(staff)} people")

    shelves = {}
    for code in MODULES:
        module = content.load_module(code)
        keys = {slug: key_of("lessons", f"{code}/{slug}") for slug in module.lessons}
        bank = banks.load_bank(module.bank, locales, at=written, lessons=keys)
        final = banks.create_final(code, module.title, bank)
        shelves[code] = teaching.load_module(module, bank, final, locales)
        done(
            f"module “{module.title.en}”: {len(module.lessons)} lessons, {bank.items.count()} questions"
        )
    if kinds := content.load_kinds_bank():
        named = {one.lesson: key_of("lessons", one.lesson) for one in kinds.items if one.lesson}
        bank = banks.load_bank(kinds, locales, at=written, lessons=named)
        done(f"bank “{kinds.title.en}”: {bank.items.count()} questions")
    for course in teaching.COURSES:
        teaching.load_course(course, shelves, locales)
    teaching.dress_home(shelves)
    teaching.date_back(written)
    done(f"{len(teaching.COURSES)} courses")

    pictures = practice.load_practice(locales, at=written)
    done(f"{pictures.items.count()} questions about pictures and a table")

    placement = [
        banks.load_bank(bank, locales, at=written, lessons={})
        for bank in content.load_placement_banks()
    ]
    if placement:
        banks.create_placement(placement)
        done(f"placement in {len(placement)} competencies")
    else:
        done("no placement: its banks are missing")

    marked.load_marked(locales, at=written)
    done("two tasks that people mark")

    steps = history.load_history(staff, now=moment)
    done(f"eight months of history: {steps} steps")

    item_statistics.ask_what_is_behind()
    owed = [item_statistics.run_statistics(pk) for pk in item_statistics.owed_statistics()]
    done(f"question statistics of {len(owed)} banks and assessments")
