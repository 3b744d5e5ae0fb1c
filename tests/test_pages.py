"""Every page opens for those it is for, in both languages, within its number of queries."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import Site

from academy.people.models import User
from cms.models import BrandSettings, CataloguePage, CoursePage, HomePage
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import teaching, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make()


@pytest.fixture
def learner() -> User:
    return User.objects.create_user("amina@academy.example", "x", first_name="Amina", last_name="D")


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


def url_of(model, language: str) -> str:
    return model.objects.get(locale__language_code=language).get_url()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("model", [HomePage, CataloguePage, CoursePage])
def test_public_pages_open_for_anyone(made, client, model, language):
    response = client.get(url_of(model, language))
    assert response.status_code == 200
    assert f'lang="{language}"' in response.content.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "name", ["home", "plan", "credentials", "record", "settings"], ids=lambda name: name
)
def test_own_pages_open_before_anything_happened(made, browser, name, language):
    browser.cookies["django_language"] = language
    path = reverse(f"portal:{name}").replace("/en/", f"/{language}/", 1)
    assert browser.get(path).status_code == 200


def test_own_pages_open_after_everything_happened(made, browser, learner):
    attempt = world.take_placement(made, learner)
    enrollment = world.learn(made, learner)
    final = world.take_final(made, learner)
    issue_credential(Credential.objects.get(learner=learner).pk)
    lesson = made.module.lessons.first()
    for path in (
        reverse("portal:home"),
        reverse("portal:plan"),
        reverse("portal:placement_result", args=[attempt.uuid]),
        reverse("portal:credentials"),
        reverse("portal:record"),
        reverse("cms:lesson", args=[enrollment.uuid, lesson.uuid]),
        reverse("cms:booklet", args=[made.module.uuid]),
        reverse("courses:start_final", args=[made.module.uuid]),
        reverse("assessments:result", args=[final.uuid]),
        reverse("assessments:placement_intro"),
        url_of(CoursePage, "en"),
    ):
        assert browser.get(path).status_code == 200, path


def test_compare_with_another_position(made, browser):
    from tests.factories.people import PositionFactory

    position = PositionFactory()
    response = browser.get(reverse("portal:plan"), {"position": str(position.uuid)})
    assert str(position.title["en"]) in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [("course", 1), ("cuorse", 1), ("MODULE", 1), ("nothing like it", 0), ("", 1), ("skill", 1)],
)
def test_the_catalogue_forgives_accents_and_slips(made, client, query, found):
    response = client.get(url_of(CataloguePage, "en"), {"q": query})
    assert len(response.context["search"].results) == found


def test_the_catalogue_filters_by_competency_and_length(made, client):
    path = url_of(CataloguePage, "en")
    assert client.get(path, {"competency": "skills:A.1"}).context["search"].results
    assert not client.get(path, {"competency": "skills:A.2"}).context["search"].results
    assert client.get(path, {"length": "short"}).context["search"].results
    assert not client.get(path, {"length": "long"}).context["search"].results


def count(django_assert_max_num_queries, browser: Client, path: str, most: int) -> int:
    browser.get(path)  # what is kept for everyone is kept now
    with django_assert_max_num_queries(most) as context:
        assert browser.get(path).status_code == 200
    return len(context.captured_queries)


@pytest.mark.parametrize(
    ("page", "most"), [("dashboard", 15), ("catalogue", 15), ("course", 6), ("lesson", 15)]
)
def test_queries_do_not_grow_with_the_data(
    made, browser, learner, django_assert_max_num_queries, page, most
):
    enrollment = world.learn(made, learner)
    path = {
        "dashboard": reverse("portal:home"),
        "catalogue": url_of(CataloguePage, "en"),
        "course": url_of(CoursePage, "en"),
        "lesson": reverse("cms:lesson", args=[enrollment.uuid, made.module.lessons.first().uuid]),
    }[page]
    small = count(django_assert_max_num_queries, browser, path, most)
    for number in range(3):
        more = teaching.module(f"More {number}", {made.skill: 2}, lessons=3, translate=False)
        course = teaching.course(f"Course {number}", more, translate=False)
        if page != "course":
            world.enroll(learner=learner, course=course)
    assert count(django_assert_max_num_queries, browser, path, most) == small


def test_a_kept_course_page_shows_what_is_published_next(
    made, client, django_capture_on_commit_callbacks
):
    path = url_of(CoursePage, "en")
    client.get(path)
    page = CoursePage.objects.get(locale__language_code="en")
    page.summary = "Something new"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert "Something new" in client.get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page.unpublish()
    assert client.get(path).status_code == 404


def test_a_kept_course_page_shows_each_person_their_own(made, browser, learner):
    path = url_of(CoursePage, "en")
    Client().get(path)
    world.learn(made, learner)
    assert browser.get(path).context["progress"].enrollment.learner == learner
    assert Client().get(path).context["progress"] is None


def test_the_identity_is_shown_when_it_is_saved(made, client, django_capture_on_commit_callbacks):
    client.get("/en/")
    brand = BrandSettings.for_site(Site.objects.get(is_default_site=True))
    brand.name, brand.primary = {"en": "Harbour School"}, "#5b21b6"
    with django_capture_on_commit_callbacks(execute=True):
        brand.save()
    page = client.get("/en/").content.decode()
    assert "Harbour School" in page
    assert "#5b21b6" in client.get(reverse("cms:brand_css")).content.decode()
    assert "brand.css?" in page


@pytest.mark.parametrize(
    ("field", "colour", "accepted"),
    [
        ("primary", "#0f766e", True),
        ("primary", "#9adfd0", False),
        ("primary", "teal", False),
        ("accent", "#f4a72c", True),
        ("accent", "#14213d", False),
    ],
)
def test_a_colour_without_contrast_is_refused(field, colour, accepted):
    brand = BrandSettings.for_site(Site.objects.get(is_default_site=True))
    setattr(brand, field, colour)
    if accepted:
        brand.full_clean()
    else:
        with pytest.raises(ValidationError) as refused:
            brand.full_clean()
        assert field in refused.value.message_dict
