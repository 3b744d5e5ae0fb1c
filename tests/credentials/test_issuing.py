"""From a completed course to a stored document: owed once, made once, never rendered again."""

import hashlib
import io
import logging
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
from dateutil.relativedelta import relativedelta

from academy.core.fields import Localized
from academy.xapi.models import Statement
from credentials import services
from credentials.models import Credential, private_storage
from credentials.services import (
    MAX_TRIES,
    claim_credential,
    issue_credential,
    owe_credential,
    owed_credentials,
)
from credentials.tasks import issue_credential as issue_task
from credentials.tasks import sweep_credentials
from tests.factories import teaching
from tests.factories.courses import (
    CourseFactory,
    EnrollmentFactory,
    ModuleCompletionFactory,
    ModuleFactory,
)
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ISSUER = {"name": "Horizon Academy"}


def completion_of(*, first_name="Zoë", last_name="Đặng", language="en", months=None):
    """A completed course whose one module was proven; nothing is owed yet."""
    skill = teaching.competency()
    module = ModuleFactory(title=Localized({"en": "Judging data", "fr": "Juger les données"}))
    module.teaches.create(competency=skill, level=2)
    course = CourseFactory(
        title=Localized({"en": "Working with data", "fr": "Travailler avec les données"}),
        modules=[module],
        validity_months=months,
    )
    learner = UserFactory(first_name=first_name, last_name=last_name, language=language)
    enrollment = EnrollmentFactory(
        learner=learner,
        course=course,
        completed_at=NOON,
        valid_to=NOON + relativedelta(months=months) if months else None,
    )
    return ModuleCompletionFactory(enrollment=enrollment, module=module, completed_at=NOON)


def owe(**person) -> Credential:
    completion = completion_of(**person)
    return owe_credential(enrollment=completion.enrollment, completions=[completion], issuer=ISSUER)


def words(credential: Credential) -> str:
    with credential.pdf.open("rb") as file:
        reader = pypdf.PdfReader(io.BytesIO(file.read()))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def files() -> set[str]:
    """Every stored document."""
    storage = private_storage()
    if not storage.exists("credentials"):
        return set()
    return {
        f"credentials/{folder}/{name}"
        for folder in storage.listdir("credentials")[0]
        for name in storage.listdir(f"credentials/{folder}")[1]
    }


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    """Each test has an empty store."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }
    field = Credential._meta.get_field("pdf")
    before, field.storage = field.storage, private_storage()
    yield
    field.storage = before


# --- Owing ----------------------------------------------------------------------------------------


def test_one_enrolment_owes_one_credential():
    credential = owe()
    again = owe_credential(
        enrollment=credential.enrollment,
        completions=list(credential.enrollment.module_completions.all()),
        issuer={"name": "Another name"},
    )
    assert again == credential
    assert again.award["issuer"] == "Horizon Academy"
    assert Credential.objects.count() == 1


def test_where_nothing_was_proven_nothing_is_owed():
    enrollment = completion_of().enrollment
    assert owe_credential(enrollment=enrollment, completions=[], issuer=ISSUER) is None


def test_the_award_is_frozen_in_the_words_of_the_learners_language():
    credential = owe(language="fr")
    award = credential.award
    assert award["title"] == "Travailler avec les données"
    assert award["modules"][0]["title"] == "Juger les données"
    assert award["competencies"] == ["Compétences · A.1 Compétence 1 — niveau 2 (Niveau 2)"]
    assert award["hours"].startswith("0,5")
    assert award["verify_url"] == f"https://academy.example/verify/{credential.code}"
    assert award["evidence"]["registration"] == str(credential.enrollment.uuid)
    assert "@" not in str(award)


def test_the_award_stays_when_everything_it_names_is_renamed_later():
    """Also in the document that is only made afterwards."""
    credential = owe()
    frozen = credential.award
    course, learner = credential.course, credential.learner
    course.title = Localized({"en": "Renamed course"})
    course.save()
    learner.first_name = "Renamed"
    learner.save()
    for module in course.modules.all():
        module.title = Localized({"en": "Renamed module"})
        module.save()
    issue_credential(credential.pk)
    credential.refresh_from_db()
    assert credential.award == frozen
    text = words(credential)
    assert "Working with data" in text
    assert "Zoë Đặng" in text
    assert "Renamed" not in text


def test_the_expiry_is_that_of_the_day_it_was_earned():
    credential = owe(months=18)
    assert credential.expires_at == datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert credential.award["expires_on"] == "2026-12-01"
    credential.course.validity_months = 1
    credential.course.save()
    credential.refresh_from_db()
    assert credential.expires_at == datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_code_is_random_and_has_no_letter_to_misread():
    codes = [services.Credential._meta.get_field("code").default() for _ in range(50)]
    assert len(set(codes)) == 50
    for code in codes:
        assert [len(part) for part in code.split("-")] == [4, 4, 4]
        assert not set(code) & set("0O1IL5S2ZAEU")


# --- Making ---------------------------------------------------------------------------------------


def test_the_stored_bytes_are_those_that_were_hashed():
    credential = issue_credential(owe().pk)
    with credential.pdf.open("rb") as file:
        content = file.read()
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == credential.pdf_sha256
    assert files() == {credential.pdf.name}


def test_issuing_says_earned_once():
    credential = owe()
    assert issue_credential(credential.pk) is not None
    assert issue_credential(credential.pk) is None
    assert Statement.objects.filter(verb__endswith="/earned.json").count() == 1


def test_an_issued_credential_has_its_bytes():
    from django.db import IntegrityError, transaction

    credential = owe()
    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.filter(pk=credential.pk).update(state="issued", issued_at=NOON)


@pytest.mark.parametrize(("name", "character"), [("Li 雪", "U+96EA"), ("Ann 🙂", "U+1F642")])
def test_a_name_no_font_can_print_is_refused_and_says_which_character(name, character):
    credential = owe(first_name=name)
    assert issue_credential(credential.pk) is None
    credential.refresh_from_db()
    assert credential.state == "refused"
    assert character in credential.problem
    assert files() == set()
    assert not Statement.objects.filter(verb__endswith="/earned.json").exists()


def test_a_certificate_for_nobody_is_refused():
    credential = owe(first_name="", last_name="")
    assert issue_credential(credential.pk) is None
    credential.refresh_from_db()
    assert (credential.state, credential.problem) == ("refused", "the holder has no name")


def test_what_was_refused_is_not_tried_again():
    credential = owe(first_name="Li 雪")
    issue_credential(credential.pk)
    later = NOON + timedelta(days=900)
    assert owed_credentials(at=later) == []
    assert claim_credential(credential.pk, at=later) is None


def test_the_holders_page_says_that_it_could_not_be_made(client):
    from django.urls import reverse

    credential = owe(first_name="Li 雪")
    issue_credential(credential.pk)
    client.force_login(credential.learner)
    for url in (
        reverse("portal:credentials"),
        reverse("credentials:status", args=[credential.uuid]),
    ):
        page = client.get(url).content.decode()
        assert "Something in it cannot be printed" in page
        assert "data-poll" not in page
    assert client.get(reverse("credentials:document", args=[credential.uuid])).status_code == 404


# --- When it fails --------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch, caplog):
    """Rendering fails, in a way nobody foresaw."""
    caplog.set_level(logging.CRITICAL)

    def fail(credential):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(services, "make_document", fail)
        yield patch


def test_a_failure_is_tried_again_later_and_then_succeeds(broken):
    credential = owe()
    assert issue_credential(credential.pk, at=NOON) is None
    credential.refresh_from_db()
    assert credential.state == "claimed"
    assert credential.lease_until > NOON
    assert owed_credentials(at=NOON) == []
    assert issue_credential(credential.pk, at=NOON) is None
    broken.undo()
    later = credential.lease_until + timedelta(seconds=1)
    assert owed_credentials(at=later) == [credential.pk]
    assert issue_credential(credential.pk, at=later).is_issued


def test_the_pauses_grow_and_after_the_last_try_a_person_has_to_look(broken):
    credential = owe()
    at, pauses = NOON, []
    for _ in range(MAX_TRIES):
        issue_credential(credential.pk, at=at)
        credential.refresh_from_db()
        pauses.append(credential.lease_until - at)
        at = credential.lease_until + timedelta(seconds=1)
    assert pauses == sorted(pauses)
    assert pauses[-1] <= timedelta(hours=1)
    assert (credential.state, credential.tries) == ("refused", MAX_TRIES)
    broken.undo()
    assert issue_credential(credential.pk, at=at) is None


def test_the_try_before_the_last_is_not_the_end(broken):
    credential = owe()
    Credential.objects.filter(pk=credential.pk).update(tries=MAX_TRIES - 2)
    issue_credential(credential.pk, at=NOON)
    credential.refresh_from_db()
    assert (credential.state, credential.tries) == ("claimed", MAX_TRIES - 1)


# --- Claims ---------------------------------------------------------------------------------------


def test_of_two_claims_one_wins():
    credential = owe()
    assert claim_credential(credential.pk, at=NOON) is not None
    assert claim_credential(credential.pk, at=NOON) is None


def test_a_lease_that_ran_out_lets_another_in(settings):
    credential = owe()
    dead = claim_credential(credential.pk, at=NOON)
    end = NOON + timedelta(seconds=settings.CREDENTIAL_LEASE_SECONDS)
    assert claim_credential(credential.pk, at=end) is None
    taken = claim_credential(credential.pk, at=end + timedelta(seconds=1))
    assert taken.claimed_by != dead.claimed_by
    credential.refresh_from_db()
    assert credential.tries == 2


def test_a_document_that_kills_its_workers_is_given_up():
    credential = owe()
    for number in range(MAX_TRIES):
        assert claim_credential(credential.pk, at=NOON + timedelta(hours=number)) is not None
    at = NOON + timedelta(hours=MAX_TRIES)
    assert claim_credential(credential.pk, at=at) is None
    credential.refresh_from_db()
    assert credential.state == "refused"
    assert owed_credentials(at=at + timedelta(hours=1)) == []


def test_a_worker_that_comes_too_late_loses_and_its_file_is_deleted(monkeypatch):
    """While it rendered, its lease ran out and another one issued the document."""
    credential = owe()
    render = services.make_document
    winner = []

    def slow(claimed):
        monkeypatch.setattr(services, "make_document", render)
        winner.append(issue_credential(credential.pk, at=NOON + timedelta(hours=1)))
        return render(claimed)

    monkeypatch.setattr(services, "make_document", slow)
    assert issue_credential(credential.pk, at=NOON) is None
    credential.refresh_from_db()
    assert winner == [credential]
    assert credential.is_issued
    assert files() == {credential.pdf.name}
    assert Statement.objects.filter(verb__endswith="/earned.json").count() == 1


def test_a_worker_that_fails_too_late_does_not_spoil_what_was_issued(monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    credential = owe()
    render = services.make_document

    def slow(claimed):
        monkeypatch.setattr(services, "make_document", render)
        issue_credential(credential.pk, at=NOON + timedelta(hours=1))
        raise RuntimeError

    monkeypatch.setattr(services, "make_document", slow)
    assert issue_credential(credential.pk, at=NOON) is None
    credential.refresh_from_db()
    assert credential.is_issued


def test_a_credential_that_is_gone_is_nobodys_work():
    assert issue_credential(10**6) is None


# --- The sweep ------------------------------------------------------------------------------------


def test_the_sweep_finds_what_is_owed_and_nothing_else():
    """Pending for a while, or claimed with a lease that ran out; oldest first."""
    at = NOON + timedelta(minutes=10)
    rows = {}
    for name, fields in {
        "just earned": {"awarded_at": at - timedelta(seconds=3)},
        "lost message": {"awarded_at": at - timedelta(minutes=2)},
        "being made": {"state": "claimed", "lease_until": at + timedelta(seconds=1)},
        "dead worker": {
            "state": "claimed",
            "lease_until": at - timedelta(seconds=1),
            "awarded_at": at - timedelta(minutes=9),
        },
        "refused": {"state": "refused", "lease_until": at - timedelta(hours=1)},
    }.items():
        rows[name] = owe().pk
        Credential.objects.filter(pk=rows[name]).update(**fields)
    issued = owe()
    issue_credential(issued.pk)
    assert owed_credentials(at=at) == [rows["dead worker"], rows["lost message"]]
    assert owed_credentials(at=at, limit=1) == [rows["dead worker"]]


def test_the_sweep_gets_them_made(run_tasks):
    credential = owe()
    assert sweep_credentials() == 1
    credential.refresh_from_db()
    assert credential.is_issued
    assert sweep_credentials() == 0


def test_a_message_delivered_twice_makes_one_document(run_tasks):
    credential = owe()
    for _ in range(2):
        issue_task.delay(credential.pk)
    credential.refresh_from_db()
    assert files() == {credential.pdf.name}
    assert credential.tries == 1
