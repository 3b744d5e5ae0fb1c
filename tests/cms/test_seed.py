"""After `migrate` the academy is empty and usable: languages, roles, a site and its first pages."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.urls import reverse
from wagtail.models import Locale, Page, Site

from academy.people.models import User
from academy.people.roles import ALL_ROLES, HR, LEARNER, OPERATOR, TRAINER
from cms import seed
from cms.models import CataloguePage, HomePage, LibraryPage, PlainPage
from tests.factories.people import UserFactory

KEYS = [
    seed.HOME_KEY,
    seed.CATALOGUE_KEY,
    seed.LIBRARY_KEY,
    seed.ACCESSIBILITY_KEY,
    seed.PRIVACY_KEY,
    seed.NEXT_STEPS_KEY,
]


def tree():
    return list(
        Page.objects.filter(depth__gt=1).order_by("path").values_list("pk", "path", "title", "live")
    )


@pytest.fixture
def seeded(db):
    seed.ensure_site()
    seed.ensure_roles()


@pytest.mark.parametrize("key", KEYS)
def test_every_first_page_is_live_in_every_language(seeded, key):
    pages = Page.objects.filter(translation_key=key, live=True)

    assert sorted(page.locale.language_code for page in pages) == ["en", "fr"]
    assert len({page.title for page in pages}) == (1 if key == seed.LIBRARY_KEY else 2)


def test_the_default_site_points_at_the_english_home_page(seeded):
    site = Site.objects.get()

    assert site.is_default_site
    assert site.root_page.specific == HomePage.objects.get(locale__language_code="en")
    assert site.hostname == "academy.example"
    assert site.port == 443


def test_wagtails_welcome_page_is_gone(seeded):
    assert {page.specific_class for page in Page.objects.filter(depth=2)} == {HomePage}


def test_a_second_run_changes_nothing(seeded):
    home = HomePage.objects.get(locale__language_code="en")
    home.promise = "Edited by a trainer"
    home.save()
    before = tree()

    seed.ensure_site()
    seed.ensure_roles()

    assert tree() == before
    assert Site.objects.count() == 1
    assert Group.objects.filter(name__in=ALL_ROLES).count() == len(ALL_ROLES)
    home.refresh_from_db()
    assert home.promise == "Edited by a trainer"


@pytest.mark.django_db(transaction=True)
def test_it_is_all_back_after_everything_was_flushed():
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)

    assert Locale.objects.count() == len(settings.LANGUAGES)
    for model, count in ((HomePage, 2), (CataloguePage, 2), (LibraryPage, 2), (PlainPage, 6)):
        assert model.objects.live().count() == count
    assert Group.objects.get(name=TRAINER).page_permissions.exists()


@pytest.mark.django_db
def test_a_database_migrated_part_of_the_way_is_left_alone(monkeypatch):
    Page.objects.filter(depth__gt=1).delete()
    monkeypatch.setattr(
        "cms.seed.MigrationExecutor.migration_plan", lambda self, targets: [("a later one", False)]
    )

    emit_post_migrate_signal(0, False, connection.alias, plan=[], apps=apps)

    assert not HomePage.objects.exists()


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        (
            TRAINER,
            [
                "wagtailadmin.access_admin",
                "assessments.add_itemcontent",
                "wagtail_localize.submit_translation",
            ],
            ["people.change_user", "cms.change_brandsettings"],
        ),
        (HR, ["wagtailadmin.access_admin"], ["people.change_user", "assessments.view_itemcontent"]),
        (
            OPERATOR,
            ["wagtailadmin.access_admin", "people.change_user", "cms.change_brandsettings"],
            [],
        ),
        (LEARNER, [], ["wagtailadmin.access_admin"]),
    ],
)
def test_a_role_may_do_its_work_and_no_more(seeded, role, allowed, refused):
    person = User.objects.create_user(
        "someone@example.org", "secret", first_name="S", last_name="O"
    )
    person.groups.add(Group.objects.get(name=role))

    assert [name for name in allowed if not person.has_perm(name)] == []
    assert [name for name in refused if person.has_perm(name)] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_trainer_may_write_and_publish_in_every_language(seeded, language):
    person = User.objects.create_user(
        "someone@example.org", "secret", first_name="S", last_name="O"
    )
    person.groups.add(Group.objects.get(name=TRAINER))
    catalogue = CataloguePage.objects.get(locale__language_code=language)

    may = catalogue.permissions_for_user(person)

    assert may.can_add_subpage()
    assert may.can_publish_subpage()
    assert may.can_edit()


@pytest.mark.django_db
def test_a_trainer_can_bring_pictures_and_files(client):
    trainer = UserFactory(role=TRAINER)
    client.force_login(trainer)
    for name in ("wagtailimages:add", "wagtaildocs:add", "wagtailimages_chooser:choose"):
        assert client.get(reverse(name)).status_code == 200, name
