"""What a review found and must not come back: each test names a rule that was once broken."""

import io
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, Locale
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from academy.competencies.models import Profile
from academy.core import middleware
from academy.people import roles
from academy.people.lockout import client_ip
from academy.people.models import Position, User
from assessments.models import Assessment, Attempt, Item, ItemBank, ItemContent
from cms.blocks.lesson import LessonBody
from cms.documents import byte_range
from cms.tabular import read_table
from credentials.models import Credential
from credentials.views import LOOKUPS_PER_MINUTE
from tests.factories import teaching, world
from tests.factories.courses import CourseFactory, EnrollmentFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def group(name: str) -> int:
    return Group.objects.get(name=name).pk


def messages_of(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# --- Accounts -------------------------------------------------------------------------------------


@pytest.fixture
def operator() -> User:
    return UserFactory(role=roles.OPERATOR)


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@academy.example", "x", first_name="R", last_name="T")


def account(person: User | None = None, **changed) -> dict:
    return {
        "email": person.email if person else "new@academy.example",
        "first_name": "New",
        "last_name": "Name",
        "is_active": "on",
        "groups": [],
        **changed,
    }


PASSWORD = {"password1": "a-long-pass-phrase-1", "password2": "a-long-pass-phrase-1"}


def edit(by: User, person: User, **changed):
    url = reverse("wagtailusers_users:edit", args=[person.pk])
    return signed_in(by).post(url, account(person, **changed))


def test_an_operator_makes_accounts_with_roles_but_no_superuser(operator):
    client, url = signed_in(operator), reverse("wagtailusers_users:add")
    assert 'name="is_superuser"' not in client.get(url).content.decode()
    data = account(is_superuser="on", groups=[group(roles.TRAINER)], **PASSWORD)
    assert client.post(url, data).status_code == 302
    made = User.objects.get(email="new@academy.example")
    assert not made.is_superuser
    assert roles.has_role(made, roles.TRAINER)


def test_an_operator_makes_nobody_a_superuser_but_gives_others_roles(operator):
    person = UserFactory()
    data = {"is_superuser": "on", "groups": [group(roles.HR)]}
    assert edit(operator, person, **data).status_code == 302
    person = User.objects.get(pk=person.pk)
    assert not person.is_superuser
    assert roles.has_role(person, roles.HR)


def test_an_operator_gives_themselves_no_role(operator):
    groups = [group(roles.OPERATOR), group(roles.HR), group(roles.TRAINER)]
    assert edit(operator, operator, groups=groups, is_superuser="on").status_code == 302
    operator = User.objects.get(pk=operator.pk)
    assert operator.first_name == "New"
    assert list(operator.groups.values_list("name", flat=True)) == [roles.OPERATOR]
    assert not operator.is_superuser


def test_an_operator_touches_no_superuser(operator, root):
    before = root.password
    edit(operator, root, email="mine@academy.example", **PASSWORD)
    signed_in(operator).get(reverse("wagtailusers_users:edit", args=[root.pk]))
    root.refresh_from_db()
    assert (root.email, root.password) == ("root@academy.example", before)


def test_a_superuser_is_not_copied(operator, root):
    with pytest.raises(Exception, match="copy"):
        reverse("wagtailusers_users:copy", args=[root.pk])
    client = signed_in(operator)
    assert client.get(f"/admin/users/copy/{root.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("action", "data"), [("assign_role", "role"), ("set_active_state", "mark_as_active")]
)
def test_an_operator_gets_around_nothing_by_acting_on_many(operator, root, action, data):
    other = UserFactory()
    url = reverse("wagtail_bulk_action", args=["people", "user", action])
    value = group(roles.HR) if data == "role" else "False"
    ids = "&".join(f"id={one.pk}" for one in (operator, root, other))
    signed_in(operator).post(f"{url}?{ids}", {data: value})
    operator, root, other = (User.objects.get(pk=one.pk) for one in (operator, root, other))
    assert root.is_active
    assert operator.is_active
    assert not root.groups.exists()
    assert not roles.has_role(operator, roles.HR)
    assert roles.has_role(other, roles.HR) if data == "role" else not other.is_active


def test_a_superuser_makes_superusers_and_edits_them(root):
    person = UserFactory()
    assert edit(root, person, is_superuser="on").status_code == 302
    person.refresh_from_db()
    assert person.is_superuser
    assert edit(root, person).status_code == 302
    person.refresh_from_db()
    assert not person.is_superuser


def delete_url(*people: User, many: bool = False) -> str:
    if not many:
        return reverse("wagtailusers_users:delete", args=[people[0].pk])
    url = reverse("wagtail_bulk_action", args=["people", "user", "delete"])
    return f"{url}?{'&'.join(f'id={one.pk}' for one in people)}"


@pytest.mark.parametrize("many", [False, True])
def test_only_a_superuser_deletes_an_account(operator, root, many):
    from django.contrib.auth.models import Permission

    operator.user_permissions.add(Permission.objects.get(codename="delete_user"))
    person = UserFactory()
    signed_in(operator).post(delete_url(person, many=many))
    assert User.objects.filter(pk=person.pk).exists()
    signed_in(root).post(delete_url(person, many=many))
    assert not User.objects.filter(pk=person.pk).exists()


def credential(**fields) -> Credential:
    person = UserFactory()
    enrollment = EnrollmentFactory(learner=person, course=CourseFactory())
    at = enrollment.started_at if hasattr(enrollment, "started_at") else None
    from academy.core.clock import now

    return Credential.objects.create(
        learner=person,
        course=enrollment.course,
        enrollment=enrollment,
        award={"title": "Course"},
        awarded_at=at or now(),
        **fields,
    )


@pytest.mark.parametrize("many", [False, True])
def test_an_account_with_a_credential_is_refused_deletion_in_words(root, many):
    holder = credential().learner
    response = signed_in(root).post(delete_url(holder, many=many), follow=True)
    assert response.status_code == 200
    assert "cannot be deleted" in messages_of(response)
    assert User.objects.filter(pk=holder.pk).exists()


# --- Signing in -----------------------------------------------------------------------------------


def sign_in(email: str, password: str, address: str = "192.0.2.7"):
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": email, "password": password})


@override_settings(AXES_ENABLED=True, ACCOUNT_RATE_LIMITS=False)
def test_an_account_is_locked_at_an_address_and_nobody_else_there():
    locked, other = UserFactory(), UserFactory()
    for _try in range(10):
        sign_in(locked.email.upper(), "wrong")
    response = sign_in(locked.email, "password")
    assert response.status_code == 429
    assert "account/locked.html" in [one.name for one in response.templates]
    assert sign_in(other.email, "password").status_code == 302
    assert sign_in(locked.email, "password", address="192.0.2.8").status_code == 302


@override_settings(AXES_ENABLED=True, ACCOUNT_RATE_LIMITS=False)
def test_typing_errors_of_many_people_lock_nobody_out():
    for number in range(12):
        sign_in(f"typo{number}@academy.example", "wrong")
    assert sign_in(UserFactory().email, "password").status_code == 302


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "203.0.113.1", "192.0.2.7"),
        (1, "198.51.100.9, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.9, 203.0.113.1", "198.51.100.9"),
        (2, "6.6.6.6, 198.51.100.9, 203.0.113.1", "198.51.100.9"),
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "nonsense", "192.0.2.7"),
        (3, "203.0.113.1", "192.0.2.7"),
        (1, "", "192.0.2.7"),
    ],
)
def test_a_client_is_the_nth_from_the_right(count, forwarded, address):
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.7"
    )
    with override_settings(TRUSTED_PROXY_COUNT=count):
        assert client_ip(request) == address


@override_settings(TRUSTED_PROXY_COUNT=1)
@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "db.DatabaseCache"])
def test_the_limit_of_look_ups_ends_with_its_minute(client, backend):
    caches = {
        "default": {
            "BACKEND": f"django.core.cache.backends.{backend}",
            "LOCATION": "academy_cache_of_a_test",
        }
    }
    url = reverse("credentials:verify", args=["K7QF-3M6X-9RTD"])
    with override_settings(CACHES=caches):
        call_command("createcachetable", verbosity=0)
        with time_machine.travel("2025-06-01T12:00:00Z", tick=False) as clock:
            for _look in range(LOOKUPS_PER_MINUTE):
                clock.shift(1)
                assert client.get(url, headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404
            assert client.get(url, headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 429
            assert client.get(url, headers={"X-Forwarded-For": "1.2.3.5"}).status_code == 404
            clock.shift(40)
            assert client.get(url, headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404


# --- Health ---------------------------------------------------------------------------------------


@override_settings(ALLOWED_HOSTS=["academy.example"], SECURE_SSL_REDIRECT=True)
@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_a_prober_needs_neither_host_name_nor_https(client, path):
    response = client.get(path, headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


def test_without_its_database_a_process_is_live_but_not_ready(client, monkeypatch):
    def cursor():
        raise OperationalError("gone")

    monkeypatch.setattr(middleware, "connection", SimpleNamespace(cursor=cursor))
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503


# --- Films and other files ------------------------------------------------------------------------

FILM = bytes(range(256)) * 4


def document(name: str, content: bytes, **fields):
    return get_document_model().objects.create(
        title=name, file=ContentFile(content, name=name), file_size=len(content), **fields
    )


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-1", 206, 0, 1),
        ("bytes=1000-", 206, 1000, 1023),
        ("bytes=-10", 206, 1014, 1023),
        ("bytes=1020-5000", 206, 1020, 1023),
        ("bytes=-5000", 206, 0, 1023),
        ("bytes=0-1,5-6", 200, 0, 1023),
        ("lines=0-1", 200, 0, 1023),
        ("bytes=9-3", 200, 0, 1023),
        ("", 200, 0, 1023),
    ],
)
def test_a_film_is_served_in_parts(client, asked, status, first, last):
    film = document("film.mp4", FILM)
    response = client.get(film.url, headers={"Range": asked} if asked else {})
    assert response.status_code == status
    assert response.getvalue() == FILM[first : last + 1]
    assert response["Content-Length"] == str(last - first + 1)
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    if status == 206:
        assert response["Content-Range"] == f"bytes {first}-{last}/{len(FILM)}"


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_outside_the_film_is_refused(client, asked):
    response = client.get(document("film.webm", FILM).url, headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(FILM)}"


def test_a_range_of_an_empty_film_is_outside_it():
    with pytest.raises(ValueError):
        byte_range("bytes=0-", 0)


def test_a_part_of_another_version_of_the_film_is_not_sent(client):
    film = document("film.mp4", FILM)
    response = client.get(film.url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert response.status_code == 200
    assert response.getvalue() == FILM


def test_a_private_film_stays_private_in_parts(client):
    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")
    film = document("film.mp4", FILM, collection=private)
    assert client.get(film.url, headers={"Range": "bytes=0-1"}).status_code == 302


def test_a_film_without_its_file_is_not_found(client):
    film = document("film.mp4", FILM)
    film.file.storage.delete(film.file.name)
    assert client.get(film.url).status_code == 404


def test_a_lesson_outlives_its_deleted_files():
    question = {
        "kind": "numeric",
        "stem": "<p>How many?</p>",
        "value": "1",
        "explanation": "<p>B</p>",
    }
    exercise = {
        "title": "Rents",
        "intro": "<p>I</p>",
        "data": 999,
        "chart": "bar",
        "label_column": "a",
        "value_column": "b",
        "question": question,
    }
    film = {"title": "Film", "video": 999, "captions": 999, "transcript": "<p>Words</p>"}
    body = LessonBody().to_python(
        [
            {"type": "data_exercise", "value": exercise, "id": "1"},
            {"type": "video", "value": film, "id": "2"},
            {"type": "download", "value": {"title": "Gone", "document": 999}, "id": "3"},
        ]
    )
    page = "".join(str(block.render()) for block in body)
    assert "How many?" in page
    assert "Words" in page
    assert "<video" not in page
    assert "Gone" not in page


class File(SimpleNamespace):
    def open_file(self):
        return io.BytesIO(self.content)


def test_line_ends_of_every_system_are_read_alike():
    for end in (b"\n", b"\r\n", b"\r"):
        table = read_table(File(content=end.join([b"unit,rent", b"A,1", b"B,2"])))
        assert table.rows == [["A", "1"], ["B", "2"]]
        assert table.lines == [2, 3]


@pytest.mark.parametrize("content", [b"unit,rent\nA\0,1\n", b"PK\x03\x04\0\0,a\nb,c\n"])
def test_what_is_no_text_is_refused_in_words(content):
    with pytest.raises(ValueError, match="not a text file"):
        read_table(File(content=content))


def test_what_the_csv_reader_refuses_is_refused_in_words(monkeypatch):
    import csv

    before = csv.field_size_limit(10)
    try:
        with pytest.raises(ValueError, match="cannot be read as CSV"):
            read_table(File(content=b"unit,rent\nA very long cell indeed,1\n"))
    finally:
        csv.field_size_limit(before)


# --- The trainers' desk ---------------------------------------------------------------------------


@pytest.fixture
def trainer() -> Client:
    return signed_in(UserFactory(role=roles.TRAINER))


def snippet(model: type, view: str, *args) -> str:
    return reverse(f"wagtailsnippets_{model._meta.label_lower.replace('.', '_')}:{view}", args=args)


def test_a_deleted_question_is_drawn_no_more(trainer):
    bank = teaching.bank("bank", teaching.competency(), items=2)
    source = ItemContent.objects.filter(bank=bank, locale__language_code="en").first()
    assert trainer.post(snippet(ItemContent, "delete", source.pk)).status_code == 302
    assert Item.objects.get(uuid=source.translation_key).status == "retired"
    assert Item.objects.filter(status="active").count() == 1


def test_a_deleted_translation_leaves_its_question(trainer):
    bank = teaching.bank("bank", teaching.competency(), items=1)
    translation = ItemContent.objects.get(bank=bank, locale__language_code="fr")
    trainer.post(snippet(ItemContent, "delete", translation.pk))
    assert not ItemContent.objects.filter(pk=translation.pk).exists()
    assert Item.objects.get(bank=bank).status == "active"


def test_the_code_of_a_deleted_question_stays_taken():
    bank = teaching.bank("bank", teaching.competency(), items=1)
    item = Item.objects.get(bank=bank)
    own = ItemContent.objects.get(bank=bank, locale__language_code="en")
    own.clean()
    ItemContent.objects.filter(bank=bank).delete()
    question = ItemContent(
        bank=bank,
        code=item.code,
        competency=item.competency,
        level=2,
        stem="<p>New</p>",
        locale=Locale.objects.get(language_code="en"),
    )
    question.is_unfinished = True
    with pytest.raises(ValidationError, match="has this code"):
        question.clean()


@pytest.mark.parametrize("many", [False, True])
def test_what_is_needed_is_refused_deletion_in_words(trainer, many):
    made = world.make()
    world.take_placement(made, UserFactory())
    bank = ItemBank.objects.get()
    for row in (made.placement, bank):
        url = snippet(type(row), "delete", row.pk)
        if many:
            label = row._meta.app_label, row._meta.model_name, "delete"
            url = f"{reverse('wagtail_bulk_action', args=label)}?id={row.pk}"
        response = trainer.post(url, follow=True)
        assert response.status_code == 200
        assert "cannot be deleted" in messages_of(response)
        assert type(row).objects.filter(pk=row.pk).exists()
    assert Attempt.objects.exists()


def test_an_assessment_that_nothing_needs_is_deleted(trainer):
    spare = teaching.final("spare", teaching.bank("bank", teaching.competency(), items=1))
    trainer.post(snippet(Assessment, "delete", spare.pk))
    assert not Assessment.objects.filter(pk=spare.pk).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"min_items": 6, "max_items": 5}, "max_items"),
        ({"kind": "placement", "time_limit_minutes": 30}, "time_limit_minutes"),
    ],
)
def test_an_assessment_that_cannot_work_is_refused(fields, field):
    with pytest.raises(ValidationError) as refused:
        Assessment(code="a", title={"en": "A"}, **fields).clean()
    assert list(refused.value.message_dict) == [field]


def sections(*rows) -> dict:
    return inline_formset(
        [
            {
                "bank": bank.pk,
                "rule": "random",
                "count": 0,
                "pilot_count": 0,
                "competency": (skill and skill.pk) or "",
                "items": inline_formset([]),
            }
            for bank, skill in rows
        ]
    )


def test_each_section_of_a_placement_names_a_competency(trainer):
    skill = teaching.competency()
    bank = teaching.bank("bank", skill, items=1)
    data = {
        "title_en": "Placement",
        "code": "placement",
        "kind": "placement",
        "cut_score": "0.7",
        "cooldown_hours": "0",
        "navigation": "free",
        "feedback": "passed",
        "pause_minutes": "15",
        "marking": "single",
        "marking_days": "10",
        "adjudicates_from": "0.2",
        "exposure_target": "0.25",
        "review_days": "10",
        "spot_check_share": "0.1",
        "min_items": "2",
        "max_items": "4",
        "is_open": "on",
    }
    url = snippet(Assessment, "add")
    refused = trainer.post(url, nested_form_data({**data, "sections": sections((bank, None))}))
    assert refused.status_code == 200
    assert "needs a competency" in refused.content.decode()
    assert not Assessment.objects.exists()
    made = trainer.post(url, nested_form_data({**data, "sections": sections((bank, skill))}))
    assert made.status_code == 302
    assert Assessment.objects.get().sections.get().competency == skill


# --- Organisation ---------------------------------------------------------------------------------


def profile(*entries, position: Position | None = None) -> dict:
    rows = [{"competency": one.pk, "level": level} for one, level in entries]
    return nested_form_data(
        {
            "position": position.pk if position else "",
            "due_days": 90,
            "entries": inline_formset(rows),
        }
    )


def test_hr_gives_an_empty_academy_its_baseline():
    skill, client = teaching.competency(), signed_in(UserFactory(role=roles.HR))
    url = snippet(Profile, "add")
    assert client.get(url).status_code == 200
    assert client.get(snippet(Profile, "list")).status_code == 200
    assert client.post(url, profile((skill, 2))).status_code == 302
    baseline = Profile.objects.get()
    assert baseline.position is None
    assert [(one.competency, one.level) for one in baseline.entries.all()] == [(skill, 2)]
    again = client.post(url, profile((skill, 1)))
    assert "There is a baseline already" in again.content.decode()
    assert Profile.objects.count() == 1


def test_hr_makes_positions_and_their_profiles():
    skill, client = teaching.competency(), signed_in(UserFactory(role=roles.HR))
    data = {"title_en": "Clerk", "title_fr": "Commis", "code": "clerk"}
    assert client.post(snippet(Position, "add"), data).status_code == 302
    position = Position.objects.get(code="clerk")
    client.post(snippet(Profile, "add"), profile((skill, 3), position=position))
    assert position.profile.entries.get().level == 3


def test_a_profile_asks_for_what_its_framework_has_and_once():
    skill, client = teaching.competency(), signed_in(UserFactory(role=roles.HR))
    url = snippet(Profile, "add")
    assert "has the levels 1 to 4" in client.post(url, profile((skill, 5))).content.decode()
    twice = client.post(url, profile((skill, 1), (skill, 2)))
    assert "duplicate" in twice.content.decode()
    assert not Profile.objects.exists()


@pytest.mark.parametrize("role", [roles.TRAINER, roles.OPERATOR])
def test_the_organisation_is_for_hr(role):
    client = signed_in(UserFactory(role=role))
    skill = teaching.competency()
    for model in (Position, Profile):
        assert client.get(snippet(model, "list")).status_code == 302
    client.post(snippet(Profile, "add"), profile((skill, 2)))
    assert not Profile.objects.exists()


# --- Credentials ----------------------------------------------------------------------------------


def test_a_revoked_card_never_shows_valid():
    row = credential()
    call_command("revoke_credential", row.code.lower(), reason="A namesake", label="error")
    assert row.revocation.public_label == "error"
    assert row.revocation.revoked_by is None
    page = signed_in(row.learner).get(reverse("credentials:status", args=[row.uuid]))
    assert "Revoked" in page.content.decode()
    assert "Valid" not in page.content.decode()
    with pytest.raises(CommandError, match="revoked already"):
        call_command("revoke_credential", row.code, reason="Again")


def test_what_cannot_be_revoked_is_said():
    with pytest.raises(CommandError, match="no credential"):
        call_command("revoke_credential", "K7QF-3M6X-9RTD", reason="x")
    with pytest.raises(CommandError, match="Give a reason"):
        call_command("revoke_credential", credential().code, reason=" ")


def test_refused_credentials_are_put_back():
    first, second = (credential(state="refused", tries=8, problem="glyph") for _ in range(2))
    pending = credential(tries=3)
    call_command("retry_credentials", first.code)
    for row in (first, second, pending):
        row.refresh_from_db()
    assert (first.state, first.tries, first.problem) == ("pending", 0, "")
    assert second.state == "refused"
    call_command("retry_credentials")
    second.refresh_from_db()
    pending.refresh_from_db()
    assert second.state == "pending"
    assert pending.tries == 3
