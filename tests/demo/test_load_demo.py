"""`load_demo`: what it brings, that it keeps what is there, and that it stays in demos.

The demo is loaded once for this module (about half a minute), in a transaction that is undone.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from academy.competencies.models import Competency, CompetencyRecord, Framework
from academy.core.clock import today
from academy.demo import checks, stories
from academy.demo.accounts import ACCOUNTS, PASSWORD, address, demo_people
from academy.demo.life import Life
from academy.demo.people import LEFT, PEOPLE, SECOND_POST
from academy.demo.richtext import without_tables
from academy.people.models import Membership, OrgUnit, User
from academy.people.roles import MANAGER, has_role
from academy.people.visibility import team_of
from academy.xapi.models import Statement
from assessments import marking
from assessments.models import Assessment, Attempt, Item, ItemContent, ItemStatistics
from assessments.placement import open_placement
from cms import seed
from cms.models import CoursePage, LessonPage, ModulePage
from courses.models import Course, Enrollment, Lesson, Module, ModuleCompletion, PlanItem
from courses.plans import renew_plan
from credentials.models import Credential, Revocation
from credentials.services import Standing, standing_of

pytestmark = pytest.mark.xdist_group("load_demo")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo, loaded once; its output. Undone with the module."""
    from django.conf import settings

    media, settings.MEDIA_ROOT = settings.MEDIA_ROOT, tmp_path_factory.mktemp("media")
    output = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", stdout=output)
        yield output.getvalue()
        transaction.set_rollback(True)
    settings.MEDIA_ROOT = media


@pytest.fixture
def demo(loaded, db):
    return loaded


# --- Accounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "role"), ACCOUNTS.items())
def test_each_role_has_an_account_that_the_command_prints(demo, name, role):
    person = authenticate(None, email=address(name), password=PASSWORD)

    assert has_role(person, role)
    assert f"{address(name)}" in demo
    assert PASSWORD in demo


def test_nobody_else_can_sign_in(demo):
    others = demo_people().exclude(email__in=[address(name) for name in ACCOUNTS])

    assert others.count() == 35
    assert not any(person.has_usable_password() for person in others)


def test_a_second_run_keeps_what_is_there(demo):
    before = (Statement.objects.count(), Page.objects.count(), User.objects.count())
    output = StringIO()

    call_command("load_demo", stdout=output)

    assert (Statement.objects.count(), Page.objects.count(), User.objects.count()) == before
    assert output.getvalue().startswith("The demo is loaded already")
    assert address("learner") in output.getvalue()


def test_outside_a_demo_it_refuses(db, settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="demo settings only"):
        call_command("load_demo")
    with pytest.raises(CommandError, match="demo settings only"):
        call_command("demo_accounts")


def test_a_database_with_an_academy_in_it_is_refused(db, monkeypatch):
    OrgUnit.objects.create(code="REAL", name={"en": "A real ministry"}, path="/REAL/")
    monkeypatch.setattr("academy.demo.management.commands.load_demo.is_loaded", lambda: False)

    with pytest.raises(CommandError, match="holds an academy already"):
        call_command("load_demo")


def test_outside_a_demo_its_accounts_are_refused(demo, settings, rf):
    settings.DEMO = False

    assert authenticate(rf.post("/"), email=address("learner"), password=PASSWORD) is None
    assert authenticate(rf.post("/"), username="HR@Academy.Example", password=PASSWORD) is None


def test_outside_a_demo_everybody_else_is_let_pass(db, settings, rf):
    settings.DEMO = False
    person = User.objects.create_user("someone@example.org", "a-real-secret")

    assert authenticate(rf.post("/"), email=person.email, password="a-real-secret") == person


def test_the_deploy_check_finds_active_demo_accounts(demo, settings):
    assert checks.no_demo_accounts(None) == []

    settings.DEMO = False
    [error] = checks.no_demo_accounts(None)
    assert error.id == "academy.demo.E001"

    demo_people().update(is_active=False)
    assert checks.no_demo_accounts(None) == []


# --- Government -----------------------------------------------------------------------------------


def test_the_ministry_has_three_levels_in_both_languages(demo):
    units = list(OrgUnit.objects.all())

    assert [sum(unit.depth == depth for unit in units) for depth in range(4)] == [1, 4, 9, 0]
    assert all(unit.name["en"] and unit.name["fr"] for unit in units)


def test_everyone_but_the_leaver_has_one_primary_membership_today(demo):
    current = Membership.objects.on(today()).primary()
    counts = {person.email: current.filter(person=person).count() for person in demo_people()}

    assert len(counts) == len(PEOPLE) == 40
    assert counts.pop(f"{LEFT[0]}@academy.example") == 0
    assert set(counts.values()) == {1}


def test_one_has_two_posts_and_one_has_moved(demo):
    by_key = {email.split("@")[0]: pk for email, pk in demo_people().values_list("email", "pk")}

    assert Membership.objects.on(today()).filter(person=by_key[SECOND_POST[0]]).count() == 2
    assert Membership.objects.filter(person=by_key["wen.castellanos"]).count() == 2


def test_the_manager_leads_the_learner_and_others(demo):
    manager, learner = (User.objects.get(email=address(name)) for name in ("manager", "learner"))
    team = team_of(manager)

    assert learner in team
    assert team.count() == 6
    assert has_role(manager, MANAGER)


def test_the_learner_has_everything_before_them(demo):
    learner = User.objects.get(email=address("learner"))

    assert not Attempt.objects.filter(learner=learner).exists()
    assert not Enrollment.objects.filter(learner=learner).exists()
    plan = renew_plan(learner)
    assert {item.module for item in plan.items.all()} == set(Module.objects.all())
    assert all(item.due_on > today() for item in plan.items.all())


def test_frameworks_speak_french(demo):
    assert Framework.objects.count() == 2
    assert all(row.title.get("fr") for row in [*Framework.objects.all(), *Competency.objects.all()])
    for framework in Framework.objects.all():
        assert framework.versions.get().document["french"]["source"]
        assert all(level.band_title.get("fr") for level in framework.levels.all())
    assert Framework.objects.get(code="digcomp-2.2").levels.values("band").distinct().count() == 4


# --- Teaching -------------------------------------------------------------------------------------


def test_there_are_two_courses_of_three_modules_and_fifteen_lessons(demo):
    assert Course.objects.filter(is_live=True).count() == 2
    assert Module.objects.filter(is_live=True).count() == 3
    assert Lesson.objects.filter(is_live=True).count() == 15
    shared = Module.objects.get(title__en="Finding and judging data")
    assert shared.courses.count() == 2
    for row in [*Course.objects.all(), *Module.objects.all(), *Lesson.objects.all()]:
        assert set(row.title) == {"en", "fr"}
    for module in Module.objects.all():
        assert module.minutes == sum(module.lessons.values_list("minutes", flat=True)) > 0
        assert module.teaches.exists()


def test_the_english_and_the_french_tree_are_the_same(demo):
    def shape(page):
        return page.translation_key, page.specific_class, [shape(c) for c in page.get_children()]

    english, french = (
        Page.objects.get(translation_key=seed.HOME_KEY, locale__language_code=language)
        for language in ("en", "fr")
    )

    assert shape(english) == shape(french)


def test_every_page_is_live_with_a_revision(demo):
    for model, count in ((CoursePage, 4), (ModulePage, 6), (LessonPage, 30)):
        pages = model.objects.all()
        assert pages.count() == count
        assert all(
            page.live and page.latest_revision_id and page.live_revision_id for page in pages
        )
        assert not any(page.has_unpublished_changes for page in pages)


def test_the_editor_would_accept_every_lesson(demo):
    for page in LessonPage.objects.all():
        page.full_clean()
        page.body.stream_block.clean(page.body)


def test_the_advice_for_an_empty_academy_is_gone(demo):
    assert not Page.objects.filter(translation_key=seed.NEXT_STEPS_KEY).exists()


def test_every_item_is_published_in_both_languages_with_the_same_options(demo):
    items = list(Item.objects.select_related("current_version"))

    assert len(items) >= 3 * 25 + 4 * 20
    for item in items:
        english, french = (item.current_version.content["languages"][code] for code in ("en", "fr"))
        for name, parts in english.items():
            if isinstance(parts, list):
                assert [one["id"] for one in parts] == [one["id"] for one in french[name]]
        assert "<table" not in english["stem"] + french["stem"]


def test_items_of_modules_name_the_lesson_that_teaches_them(demo):
    lessons = set(Lesson.objects.values_list("uuid", flat=True))
    contents = ItemContent.objects.exclude(bank__code__startswith="placement").exclude(
        bank__code__in=["practice", "tasks"]
    )

    assert set(contents.values_list("lesson_uuid", flat=True)) == lessons


def test_the_placement_measures_four_competencies(demo):
    refs = {section.competency.ref for section in open_placement().sections.all()}

    assert refs == {"digcomp-2.2:1.2", "digcomp-2.2:4.2", "stats-nz-dcf:9", "stats-nz-dcf:14"}


def test_there_are_questions_about_pictures_and_a_table_in_both_languages(demo):
    items = Item.objects.filter(bank__code="practice").order_by("code")
    assert [one.item_type for one in items] == ["hotspot", "dragdrop", "data"]
    assert all(set(one.current_version.content["languages"]) == {"en", "fr"} for one in items)


def test_final_assessments_can_be_taken_again_at_once(demo):
    finals = Assessment.objects.filter(kind=Assessment.Kind.FINAL, module__isnull=False)

    assert finals.count() == 3
    for final in finals:
        assert final.max_attempts is None
        assert final.cooldown_hours == 0
        assert final.sections.get().count == 12
        assert final.time_limit_minutes == 30


def test_the_marking_queue_is_not_empty(demo):
    trainer = User.objects.get(email="trainer@academy.example")
    waiting = marking.waiting_for(trainer)

    assert (waiting.mine, waiting.free, waiting.late) == (0, 6, 2)
    [row] = marking.turnaround(since=timezone.now() - timedelta(days=30))
    assert (row.settled, row.in_time) == (2, 1)
    marked = Attempt.objects.get(assessment=row.assessment, status=Attempt.Status.GRADED)
    assert marked.passed
    essay = marked.responses.first()
    assert set(essay.item_version.content["languages"]) == {"en", "fr"}


def test_tables_become_lists_for_the_editor():
    html = (
        "<p>A</p><table><tr><th>Day</th><th>Visitors</th></tr>"
        "<tr><td>Monday</td><td>42</td></tr></table><p>B</p>"
    )

    assert without_tables(html) == (
        "<p>A</p><p><b>Day: Visitors</b></p><ul><li>Monday: 42</li></ul><p>B</p>"
    )


# --- History --------------------------------------------------------------------------------------


def test_no_list_is_empty(demo):
    now = timezone.now()
    attempts = Attempt.objects.filter(status=Attempt.Status.GRADED)

    assert Enrollment.objects.filter(status="completed").count() >= 20
    assert Enrollment.objects.filter(status="active").count() >= 5
    assert attempts.filter(passed=False).count() >= 5
    assert attempts.filter(passed=True).count() >= 30
    assert set(PlanItem.objects.values_list("state", flat=True)) == set(PlanItem.State.values)
    assert PlanItem.objects.filter(deferred_to__isnull=False).exists()
    assert PlanItem.objects.filter(state="to_do", due_on__lt=today()).exists()
    assert set(CompetencyRecord.objects.values_list("basis", flat=True)) == {"placed", "held"}
    assert set(ModuleCompletion.objects.values_list("route", flat=True)) == {"learned", "direct"}
    assert Statement.objects.filter(timestamp__gt=now - timedelta(days=31)).exists()


def test_every_certificate_that_is_owed_was_made(demo):
    credentials = list(Credential.objects.all())
    standings = [standing_of(credential) for credential in credentials]

    assert len(credentials) == Enrollment.objects.filter(status="completed").count()
    assert standings.count(Standing.REVOKED) == Revocation.objects.count() == 1
    assert standings.count(Standing.EXPIRED) == 1
    assert Standing.PENDING not in standings
    assert credentials[0].pdf.open().read(5) == b"%PDF-"


def test_history_ends_now_and_was_written_in_its_order(demo):
    now = timezone.now()
    attempts = Attempt.objects.order_by("pk").values_list("started_at", flat=True)

    assert list(attempts) == sorted(attempts)
    assert not Statement.objects.filter(timestamp__gt=now).exists()
    assert all(one.submitted_at > one.started_at for one in Attempt.objects.all())


def test_nobody_did_anything_before_they_joined_or_after_they_left(demo):
    for enrollment in Enrollment.objects.select_related("learner"):
        first = enrollment.learner.memberships.earliest("valid_from").valid_from
        assert enrollment.enrolled_at.date() >= first
    left = Membership.objects.get(person__email=f"{LEFT[0]}@academy.example")
    assert not Attempt.objects.filter(learner=left.person, started_at__date__gte=left.valid_to)


def test_every_story_is_told(demo):
    assert {person.story for person in PEOPLE} - {""} == set(stories.STORIES)


def test_the_same_person_lives_the_same_life():
    start = timezone.now()
    lives = [Life(PEOPLE[1], User(), start) for _ in range(2)]

    first, second = (life.wait(days=3) for life in lives)
    assert first == second
    assert lives[0].random.random() == lives[1].random.random()


def test_the_statistics_of_questions_are_worked_out(demo):
    states = set(ItemStatistics.objects.values_list("state", flat=True))
    assert states == {ItemStatistics.State.DONE}
    assert ItemStatistics.objects.filter(bank__code="describing-data").exists()
