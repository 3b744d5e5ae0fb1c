"""Searching the catalogue: accents, small slips and filters."""

import pytest
from django.http import QueryDict

from cms.catalogue import CatalogueSearch, fold, matches
from cms.models import CataloguePage, CoursePage
from courses.models import ModuleCompetency
from tests.factories import teaching
from tests.factories.competencies import CompetencyFactory
from tests.factories.courses import CourseFactory, ModuleFactory

# --- Words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Évaluer", "evaluer"),
        ("ÇA ET LÀ", "ca et la"),
        ("e\u0301tude", "etude"),
        ("Straße", "strasse"),
        ("ﬁche", "fiche"),
        ("2.0", "2.0"),
    ],
)
def test_folding_takes_accents_and_case_away(text, folded):
    assert fold(text) == folded


TEXT = "Évaluer la qualité des données : protéger la vie privée"


@pytest.mark.parametrize(
    "query",
    [
        "évaluer",
        "evaluer",
        "EVALUER",
        "donnees",
        "données",
        "donn",  # the beginning of a word
        "vie privee",
        "privée évaluer",  # in any order
        "qualiet",  # two letters changed places
        "evalur",  # one left out
        "proteeger",  # one too many
        "la",
        "",
        "  ",
        "?!",
    ],
)
def test_small_slips_are_forgiven(query):
    assert matches(query, TEXT)


@pytest.mark.parametrize(
    "query", ["budget", "evaluer budget", "uation", "xqz", "les", "vue", "donneur"]
)
def test_other_words_are_not_found(query):
    assert not matches(query, TEXT)


# --- The catalogue --------------------------------------------------------------------------------


@pytest.fixture
def catalogue(db):
    return CataloguePage.objects.get(locale__language_code="en")


@pytest.fixture
def skill(db):
    return teaching.competency()


def offer(catalogue, title, *modules, live=True, **words) -> CoursePage:
    """A course in the catalogue, its row beside it, without going through publication."""
    page = CoursePage(
        title=title,
        summary=words.get("summary", "About it"),
        outcome=words.get("outcome", "You can."),
        live=live,
    )
    catalogue.add_child(instance=page)
    CourseFactory(uuid=page.translation_key, modules=modules)
    return page


def module(title, *skills, minutes=30):
    row = ModuleFactory(title={"en": title}, minutes=minutes)
    for skill in skills:
        ModuleCompetency.objects.create(module=row, competency=skill, level=2)
    return row


@pytest.fixture
def courses(catalogue, skill):
    """Two courses of two lengths and competencies."""
    other = CompetencyFactory(
        framework=skill.framework, area=skill.area, code="A.9", title={"en": "Drawing charts"}
    )
    short = offer(catalogue, "Café statistics", module("Averages", skill, minutes=60))
    long = offer(
        catalogue,
        "Privacy at work",
        module("Registers", skill, other),
        module("Consent", minutes=31),
        summary="What the law asks",
        outcome="You can keep a secret.",
    )
    return {"short": short, "long": long, "other": other}


def search(catalogue, query: str = "") -> CatalogueSearch:
    return CatalogueSearch(catalogue, QueryDict(query))


def titles(catalogue, query: str = "") -> list[str]:
    return [page.title for page in search(catalogue, query).results]


BOTH = ["Café statistics", "Privacy at work"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", BOTH),
        ("q=", BOTH),
        ("q=cafe", BOTH[:1]),
        ("q=privcay", BOTH[1:]),
        ("q=law", BOTH[1:]),  # the summary
        ("q=secret", BOTH[1:]),  # the outcome
        ("q=averages", BOTH[:1]),  # a module
        ("q=charts", BOTH[1:]),  # a competency
        ("q=nothing+of+the+kind", []),
        ("competency=skills:A.1", BOTH),
        ("competency=skills:A.9", BOTH[1:]),
        ("competency=skills:A.2", []),
        ("competency=unheard-of", []),
        ("length=short", BOTH[:1]),
        ("length=long", BOTH[1:]),
        ("length=endless", BOTH),  # no such length: not asked
        ("q=cafe&length=long", []),
        ("q=privacy&length=long&competency=skills:A.9", BOTH[1:]),
    ],
)
def test_words_and_filters_together(catalogue, courses, query, found):
    assert titles(catalogue, query) == found


def test_an_hour_is_short_and_a_minute_more_is_long(catalogue, courses):
    minutes = {page.title: page.minutes for page in search(catalogue).results}
    assert minutes == {"Café statistics": 60, "Privacy at work": 61}


def test_the_filter_offers_what_is_taught_once_each(catalogue, courses, skill):
    CompetencyFactory(framework=skill.framework, area=skill.area, code="A.8")
    offered = search(catalogue).competencies
    assert sorted(one.ref for one in offered) == ["skills:A.1", "skills:A.9"]
    assert offered == search(catalogue, "q=nothing+of+the+kind").competencies


def test_only_published_courses_of_this_language_are_found(catalogue, courses):
    offer(catalogue, "A draft", live=False)
    offer(CataloguePage.objects.get(locale__language_code="fr"), "En français")
    assert titles(catalogue) == BOTH


def test_a_module_that_is_no_longer_offered_does_not_count(catalogue, courses):
    """Neither its length, nor its name, nor what it taught."""
    page = courses["long"]
    from courses.models import Module

    Module.objects.filter(title__en="Registers").update(is_live=False)
    assert titles(catalogue, "length=short") == BOTH
    assert titles(catalogue, "q=registers") == []
    assert titles(catalogue, "competency=skills:A.9") == []
    assert page.title in titles(catalogue)


@pytest.mark.parametrize(
    ("query", "filtered"),
    [("", False), ("q=+", False), ("length=endless", False), ("q=a", True), ("length=long", True)],
)
def test_the_page_knows_whether_anything_was_asked(catalogue, query, filtered):
    assert search(catalogue, query).is_filtered is filtered


def test_a_very_long_question_is_cut_short(catalogue, courses):
    assert len(search(catalogue, "q=" + "x" * 5000).query) == 100


def test_queries_do_not_grow_with_the_catalogue(catalogue, courses):
    def count() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as context:
            assert search(catalogue).results
        return len(context)

    small = count()
    for number in range(4):
        offer(catalogue, f"More {number}", module(f"Part {number}", courses["other"]))
    assert count() == small
