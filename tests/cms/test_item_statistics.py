"""Trainers see which questions misbehave, go to their editors, and take the table along."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from academy.people import roles
from assessments.calibrating import ask_calibration, run_calibration
from assessments.item_statistics import run_statistics, statistics_for
from assessments.models import Item, ItemContent
from tests.factories import teaching
from tests.factories.answers import answered, learners
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trainer():
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER))
    return client


@pytest.fixture
def bank():
    return teaching.bank("quiz", teaching.competency(), items=4, spread=1)


@pytest.fixture
def final(bank):
    return teaching.final("quiz-final", bank, count=0)


def report(bank, sort=""):
    return reverse("item_statistics:report", args=["banks", bank.pk]) + sort


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_a_flagged_question_leads_to_its_editor(trainer, bank, final):
    answered(final, bank, learners(60), b={"quiz-002": -9.0})
    page = text_of(trainer.get(report(bank)))
    assert "too easy" in page
    assert "As of" in page
    content = ItemContent.objects.get(code="quiz-002", locale__language_code="en")
    editor = reverse("wagtailsnippets_assessments_itemcontent:edit", args=[content.pk])
    assert f'href="{editor}"' in page
    assert trainer.get(editor).status_code == 200
    assert page.index("Question 2") < page.index("Question 1"), "what is wrong comes first"


def test_the_table_can_be_sorted(trainer, bank, final):
    answered(final, bank, learners(60), b={"quiz-003": -4.0, "quiz-001": 4.0})

    def order(sort):
        page = text_of(trainer.get(report(bank, sort)))
        return re.findall(r">Question (\d)<", page)

    assert order("?sort=code") == ["1", "2", "3", "4"]
    assert order("?sort=-code") == ["4", "3", "2", "1"]
    assert order("?sort=facility")[0] == "1"
    assert order("?sort=-facility")[0] == "3"
    assert len(order("?sort=nonsense")) == 4
    assert 'aria-sort="ascending"' in text_of(trainer.get(report(bank, "?sort=facility")))


def test_a_question_shows_its_curve_options_and_parameters(trainer, bank, final):
    answered(final, bank, learners(120), languages=("en", "fr"))
    run_calibration(ask_calibration(bank).pk)
    item = Item.objects.get(code="quiz-002")
    url = reverse("item_statistics:item", args=["banks", bank.pk, item.pk])
    page = text_of(trainer.get(url))
    for words in (
        "Right 2",
        "Upper third",
        "Mantel-Haenszel",
        "français",
        "In force",
        "Its author",
    ):
        assert words in page
    assert "<polyline" in page
    assert page.count("<circle") == 6
    assert "style=" not in page[page.index("<main") :].split("</main>")[0]
    assert "Measured" in page
    of_final = reverse("item_statistics:item", args=["assessments", final.pk, item.pk])
    assert "Right 2" in text_of(trainer.get(of_final))


def test_a_drifting_question_can_be_accepted_once(trainer, bank, final):
    answered(final, bank, learners(120))
    run_calibration(ask_calibration(bank).pk)
    item = Item.objects.get(code="quiz-002")
    Item.objects.filter(pk=item.pk).update(is_drifting=True, difficulty=3)
    url = reverse("item_statistics:accept", args=[item.pk])
    page = text_of(trainer.get(reverse("item_statistics:item", args=["banks", bank.pk, item.pk])))
    assert url in page
    assert trainer.get(url).status_code == 405
    assert trainer.post(url).status_code == 302
    item.refresh_from_db()
    assert not item.is_drifting
    assert item.difficulty < 2
    assert trainer.post(url).status_code == 409


def test_the_export_opens_safely_in_a_spreadsheet(trainer, bank, final):
    answered(final, bank, learners(30))
    item = Item.objects.get(code="quiz-001")
    item.current_version.content["languages"]["en"]["stem"] = "<p>=HYPERLINK(1)</p>"
    item.current_version.save()
    response = trainer.get(reverse("item_statistics:export", args=["banks", bank.pk]))
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["Code"] for row in rows] == ["quiz-001", "quiz-002", "quiz-003", "quiz-004"]
    assert rows[0]["Question"] == "'=HYPERLINK(1)"
    assert float(rows[0]["Answers"]) == 30
    assert 0 <= float(rows[0]["Facility %"]) <= 100


def test_small_groups_show_no_figure_anywhere(trainer, bank, final):
    answered(final, bank, learners(9))
    page = text_of(trainer.get(report(bank)))
    assert "fewer than 10" in page
    assert not re.search(r'desk-number">\s*\d', page)
    rows = csv.DictReader(
        io.StringIO(
            trainer.get(reverse("item_statistics:export", args=["banks", bank.pk])).content.decode(
                "utf-8-sig"
            )
        )
    )
    assert {row["Answers"] for row in rows} == {""}


def test_the_first_page_counts_what_misbehaves(trainer, bank, final):
    home = reverse("wagtailadmin_home")
    assert "misbehave" not in text_of(trainer.get(home))
    answered(final, bank, learners(60), b={"quiz-002": -9.0})
    statistics_for(bank)
    assert "Questions that misbehave" in text_of(trainer.get(home))


def test_there_is_nothing_to_show_yet(trainer, bank, final):
    assert "not worked out yet" in text_of(trainer.get(reverse("item_statistics:index")))
    assert "under 10" in text_of(trainer.get(report(bank)))
    empty = reverse("item_statistics:report", args=["assessments", final.pk])
    assert "Nobody has answered" in text_of(trainer.get(empty))


@pytest.mark.parametrize("kind", ["people", "bank"])
def test_other_kinds_are_not_found(trainer, bank, kind):
    url = reverse("item_statistics:report", args=[kind, bank.pk])
    assert trainer.get(url).status_code == 404


def test_learners_and_hr_are_refused(bank):
    for role in (roles.LEARNER, roles.HR, roles.OPERATOR, roles.MANAGER):
        client = Client()
        client.force_login(UserFactory(role=role))
        assert client.get(report(bank)).status_code == 403


def test_the_pages_ask_as_many_queries_for_many_questions_as_for_few(trainer, bank, final):
    answered(final, bank, learners(20))
    large = teaching.bank("large", teaching.competency(), items=12)
    answered(teaching.final("large-final", large, count=0), large, learners(40, start=20))
    counts = []
    for one in (bank, large):
        row, _waits = statistics_for(one)
        run_statistics(row.pk)
        trainer.get(report(one))
        with CaptureQueriesContext(connection) as queries:
            trainer.get(report(one))
        counts.append(len(queries))
    assert counts[0] == counts[1]
