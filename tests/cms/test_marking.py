"""The marking pages: who gets in, what they show of whom, and how marks are given on them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from academy.people import roles
from assessments import marking
from assessments.models import Attempt, Item, Mark, Rubric
from tests.factories import marked
from tests.factories.people import UserFactory

CHOSEN = re.compile(r"<input[^>]* checked")
pytestmark = pytest.mark.django_db


@pytest.fixture
def learner():
    return UserFactory(email="ada@academy.example", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def trainer():
    return marked.marker(first_name="Tom", last_name="Trainer")


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def browser(trainer) -> Client:
    return signed_in(trainer)


def hand_in(learner, types=("essay",), **fields):
    return marked.hand_in(marked.start(marked.final(types, **fields), learner))


def form_of(response, *points, do="give", **words) -> dict:
    given = marked.given(response, *points)
    return {**{f"level-{key}": level for key, level in given.levels.items()}, **words, "do": do}


def test_from_the_queue_to_the_grade(browser, learner):
    attempt = hand_in(learner)
    response = marked.marked_response(attempt)
    queue = browser.get(reverse("marking:index"))
    take = reverse("marking:take", args=[response.pk])
    assert take in queue.content.decode()
    page = browser.post(take, follow=True)
    assert "What I think." in page.content.decode()
    url = page.request["PATH_INFO"]
    missing = browser.post(url, form_of(response, 2, comment="Good."))
    assert missing.status_code == 422
    assert "Choose a level for “Proof”" in missing.content.decode()
    assert "Good." in missing.content.decode(), "what was written stays"
    done = browser.post(url, form_of(response, 2, 1, comment="Good."), follow=True)
    assert "Your marks have been given." in done.content.decode()
    attempt.refresh_from_db()
    assert attempt.status == Attempt.Status.GRADED
    seen = signed_in(learner).get(reverse("assessments:result", args=[attempt.uuid]))
    text = seen.content.decode()
    for words in ("75%", "Clarity: Strong", "Proof: Fair", "Good."):
        assert words in text
    assert "Tom" not in text
    assert "Trainer" not in text


def test_no_marking_page_says_whose_answer_it_is(browser, learner, trainer):
    attempt = hand_in(learner, ("essay", "file"), marking="double", adjudicates_from="0.1")
    essay, task = (
        attempt.responses.get(item_version__item__item_type=one) for one in ("essay", "file")
    )
    first, second = marked.marker(), marked.marker()
    for by, points in ((first, 0), (second, 2)):
        taken = marking.claim(response=essay, marker=by)
        marking.give(mark=taken, marker=by, given=marked.given(essay, points, points, note="N"))
    pages = [browser.get(reverse("marking:index"))]
    for response in (essay, task):
        pages.append(browser.post(reverse("marking:take", args=[response.pk]), follow=True))
    settle = pages[1].content.decode()
    assert "First marker" in settle
    assert "Second marker" in settle
    for by in (first, second):
        assert by.last_name not in settle, "nor who marked it before"
    browser.post(
        reverse("marking:mark", args=[essay.marks.get(role="adjudicator").uuid]),
        form_of(essay, 1, 1),
    )
    pages += [
        browser.get(reverse("marking:marked")),
        browser.get(reverse("marking:moderate", args=[essay.pk])),
        browser.get(reverse("marking:turnaround")),
        browser.get(reverse("wagtailadmin_home")),
    ]
    for page in pages:
        assert page.status_code == 200
        for told in ("Ada", "Lovelace", "ada@academy.example", str(learner.uuid)):
            assert told not in page.content.decode(), page.request["PATH_INFO"]


def test_a_second_marker_sees_nothing_of_the_first(browser, learner):
    attempt = hand_in(learner, marking="double")
    response, first = marked.marked_response(attempt), marked.marker(last_name="Firstmarker")
    taken = marking.claim(response=response, marker=first)
    given = marked.given(response, 0, 0, comment="Secret one", note="Secret two")
    marking.give(mark=taken, marker=first, given=given)
    page = browser.post(reverse("marking:take", args=[response.pk]), follow=True)
    text = page.content.decode()
    assert "Secret" not in text
    assert "Firstmarker" not in text
    assert not CHOSEN.search(text)
    assert browser.get(reverse("marking:moderate", args=[response.pk])).status_code == 404
    assert "Firstmarker" not in browser.get(reverse("marking:marked")).content.decode()


def test_another_marker_opens_nothing_of_mine(browser, learner):
    response = marked.marked_response(hand_in(learner))
    mine = marking.claim(response=response, marker=marked.marker())
    for name, args in (("mark", [mine.uuid]), ("file", [mine.uuid, 1])):
        assert browser.get(reverse(f"marking:{name}", args=args)).status_code == 404
    late = browser.post(reverse("marking:take", args=[response.pk]), follow=True)
    assert "Somebody else is marking this answer" in late.content.decode()
    assert Mark.objects.get().marker == mine.marker


def test_kept_for_later_and_let_go(browser, learner, trainer):
    response = marked.marked_response(hand_in(learner))
    mine = marking.claim(response=response, marker=trainer)
    url = reverse("marking:mark", args=[mine.uuid])
    browser.post(url, form_of(response, 2, do="draft", note="Check the figures"))
    page = browser.get(url).content.decode()
    assert len(CHOSEN.findall(page)) == 1
    assert "Check the figures" in page
    browser.post(url, {"do": "release"})
    assert not Mark.objects.exists()


def test_give_and_take_the_next(browser, learner, trainer):
    attempt = hand_in(learner, ("essay", "essay"))
    first, second = (marked.marked_response(attempt, number) for number in (0, 1))
    mine = marking.claim(response=first, marker=trainer)
    url = reverse("marking:mark", args=[mine.uuid])
    done = browser.post(url, form_of(first, 2, 2, do="next"))
    assert done.url == reverse("marking:mark", args=[second.marks.get(marker=trainer).uuid])


def test_moderation_until_the_attempt_is_graded(browser, learner):
    attempt = hand_in(learner, ("essay", "essay"))
    first, second = (marked.marked_response(attempt, number) for number in (0, 1))
    by = marked.marker(last_name="Kindmarker")
    for response in (first,):
        taken = marking.claim(response=response, marker=by)
        marking.give(mark=taken, marker=by, given=marked.given(response, 2, 2))
    url = reverse("marking:moderate", args=[first.pk])
    assert "Kindmarker" in browser.get(url).content.decode()
    assert "Give the reason" in browser.post(url, form_of(first, 0, 0)).content.decode()
    browser.post(url, form_of(first, 0, 0, note="Copied from the lesson."))
    first.refresh_from_db()
    assert first.score == 0
    taken = marking.claim(response=second, marker=by)
    marking.give(mark=taken, marker=by, given=marked.given(second, 2, 2))
    assert "Use a regrade" in browser.get(url).content.decode()
    told = browser.post(url, form_of(first, 2, 2, note="Again."), follow=True).content.decode()
    assert "Use a regrade" in told
    first.refresh_from_db()
    assert first.score == 0


def test_nobody_sees_the_marks_of_their_own_work_here(learner):
    trainer = marked.marker()
    response = marked.marked_response(hand_in(trainer))
    by = marked.marker()
    taken = marking.claim(response=response, marker=by)
    marking.give(mark=taken, marker=by, given=marked.given(response, 2, 2))
    browser = signed_in(trainer)
    assert browser.get(reverse("marking:moderate", args=[response.pk])).status_code == 403
    assert browser.post(reverse("marking:take", args=[response.pk])).status_code == 403
    moderate = reverse("marking:moderate", args=[response.pk])
    assert moderate not in browser.get(reverse("marking:marked")).content.decode()


def test_the_first_page_says_how_much_there_is(browser, learner):
    hand_in(learner, ("essay", "essay"))
    assert "2 answers wait for you" in browser.get(reverse("wagtailadmin_home")).content.decode()
    other = signed_in(UserFactory(role=roles.HR))
    assert "To mark" not in other.get(reverse("wagtailadmin_home")).content.decode()


def test_the_queue_in_pages_and_by_assessment(
    browser, learner, monkeypatch, django_assert_max_num_queries
):
    final = marked.final()
    people = [UserFactory() for _ in range(5)]
    for person in people:
        marked.hand_in(marked.start(final, person))
    monkeypatch.setattr("cms.marking.PAGE_SIZE", 2)
    url, seen, pages = reverse("marking:index") + f"?assessment={final.pk}", [], 0
    while url:
        with django_assert_max_num_queries(30) as queries:
            page = browser.get(url if url.startswith("/") else reverse("marking:index") + url)
        seen += [row.response.pk for row in page.context["rows"]]
        pages, few = pages + 1, len(queries.captured_queries)
        url = page.context["page"].next_url
    assert pages == 3
    assert seen == [one.pk for one in marking.for_marker(marked.marker())]
    assert not browser.get(reverse("marking:index"), {"assessment": "9999"}).context["rows"]
    assert browser.get(reverse("marking:index"), {"after": "x-y"}).status_code == 200
    monkeypatch.setattr("cms.marking.PAGE_SIZE", 50)
    with django_assert_max_num_queries(few + 1):
        assert len(browser.get(reverse("marking:index")).context["rows"]) == 5


# --- Rubrics --------------------------------------------------------------------------------------


def test_a_safe_to_fail_rubric_begins_with_its_criteria(browser):
    page = browser.get(
        reverse("wagtailsnippets_assessments_rubric:add"), {"kind": "safe_to_fail"}
    ).content.decode()
    for title in ("Framing", "Agreed risk", "Stop rule", "Learning", "Outcome", "Résultat"):
        assert f'value="{title}"' in page
    assert 'name="criteria-TOTAL_FORMS" value="5"' in page
    assert 'name="criteria-0-levels-TOTAL_FORMS" value="4"' in page


def rubric_form(levels=(0, 1), kind="points", scored=True) -> dict:
    data = {
        "code": "brief",
        "kind": kind,
        "title_en": "Brief",
        "title_fr": "Note",
        "criteria-TOTAL_FORMS": 1,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-ORDER": 1,
        "criteria-0-title_en": "Clarity",
        "criteria-0-title_fr": "Clarté",
        "criteria-0-levels-TOTAL_FORMS": len(levels),
        "criteria-0-levels-INITIAL_FORMS": 0,
    }
    if scored:
        data["criteria-0-is_scored"] = "on"
    for number, points in enumerate(levels):
        data |= {
            f"criteria-0-levels-{number}-ORDER": number,
            f"criteria-0-levels-{number}-title_en": f"Level {points}",
            f"criteria-0-levels-{number}-points": points,
        }
    return data


def test_a_rubric_is_made_with_its_levels(browser):
    done = browser.post(reverse("wagtailsnippets_assessments_rubric:add"), rubric_form())
    assert done.status_code == 302, done.context["form"].errors
    criterion = Rubric.objects.get().criteria.get()
    assert criterion.title == {"en": "Clarity", "fr": "Clarté"}
    assert [float(level.points) for level in criterion.levels.all()] == [0, 1]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"levels": (1, 1)}, "at least two levels with different points"),
        ({"scored": False}, "at least one criterion that counts"),
        ({"kind": "safe_to_fail"}, "leaves the outcome unscored"),
    ],
)
def test_a_rubric_that_nobody_could_mark_by_is_refused(browser, fields, problem):
    page = browser.post(reverse("wagtailsnippets_assessments_rubric:add"), rubric_form(**fields))
    assert problem in page.content.decode()
    assert not Rubric.objects.exists()


def kept_form(rubric: Rubric) -> dict:
    """The form of a rubric as it stands."""
    criteria = list(rubric.criteria.all())
    data = {
        "code": rubric.code,
        "kind": rubric.kind,
        "title_en": rubric.title["en"],
        "criteria-TOTAL_FORMS": len(criteria),
        "criteria-INITIAL_FORMS": len(criteria),
    }
    for number, criterion in enumerate(criteria):
        levels, name = list(criterion.levels.all()), f"criteria-{number}"
        data |= {
            f"{name}-id": criterion.pk,
            f"{name}-ORDER": number,
            f"{name}-title_en": criterion.title["en"],
            f"{name}-is_scored": "on" if criterion.is_scored else "",
            f"{name}-levels-TOTAL_FORMS": len(levels),
            f"{name}-levels-INITIAL_FORMS": len(levels),
        }
        for place, level in enumerate(levels):
            data |= {
                f"{name}-levels-{place}-id": level.pk,
                f"{name}-levels-{place}-ORDER": place,
                f"{name}-levels-{place}-title_en": level.title["en"],
                f"{name}-levels-{place}-points": level.points,
            }
    return data


def test_a_changed_rubric_is_used_from_now_on(browser, learner):
    attempt = hand_in(learner)
    before = Item.objects.get(item_type="essay").current_version_id
    rubric = Rubric.objects.get()
    url = reverse("wagtailsnippets_assessments_rubric:edit", args=[rubric.pk])
    data = kept_form(rubric) | {"criteria-0-title_en": "Plain words"}
    told = browser.post(url, data, follow=True).content.decode()
    assert "1 question uses the changed rubric" in told
    assert Item.objects.get(item_type="essay").current_version_id != before
    kept = marked.marked_response(attempt).item_version.content["languages"]["en"]["criteria"]
    assert kept[0]["title"] == "Clarity"
