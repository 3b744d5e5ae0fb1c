"""A trainer uploads a file, sees what becomes of each question, imports it, takes a bank out."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.people import roles
from assessments import import_jobs
from assessments.models import ImportJob, ItemBank, ItemContent
from assessments.tasks import sweep_imports
from tests.factories import teaching
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
GIFT = (
    b"::One:: What is <b>it</b>? {=a ~b}\n\n::Two:: How many? {#3:1}\n\n::Three:: Broken {=a ~b\n"
)
CHOICES = {"language": "en", "status": "", "level": "2"}


@pytest.fixture
def trainer():
    return UserFactory(role=roles.TRAINER)


@pytest.fixture
def page(trainer) -> Client:
    client = Client()
    client.force_login(trainer)
    return client


@pytest.fixture
def bank() -> ItemBank:
    teaching.competency()
    return ItemBank.objects.create(code="bank", title={"en": "My bank"})


def upload(page: Client, bank: ItemBank, data: bytes = GIFT, **more):
    form = {
        "bank": bank.pk,
        "language": "en",
        "competency": teaching.competency().pk,
        "level": 2,
        "file": SimpleUploadedFile("C:\\mine\\questions.gift", data),
        **more,
    }
    return page.post(reverse("exchange:index"), form)


def uploaded(page: Client, bank: ItemBank, data: bytes = GIFT, **more) -> ImportJob:
    assert upload(page, bank, data, **more).status_code == 302
    return ImportJob.objects.latest("pk")


def address(job: ImportJob) -> str:
    return reverse("exchange:job", args=[job.uuid])


def act(page: Client, job: ImportJob, action: str, **more):
    form = {**CHOICES, "competency": teaching.competency().pk, "action": action, **more}
    return page.post(address(job), form, follow=True)


def test_from_upload_to_report(page, bank):
    job = uploaded(page, bank)
    assert job.file_name == "questions.gift"
    text = page.get(address(job)).content.decode()
    assert "Nothing has been written yet" in text
    assert "brace is opened or closed" in text
    assert ItemContent.objects.count() == 0
    preview = page.get(reverse("exchange:question", args=[job.uuid, 0])).content.decode()
    assert "What is <b>it</b>?" in preview
    assert 'type="radio"' in preview
    assert page.get(reverse("exchange:question", args=[job.uuid, 2])).status_code == 404
    text = act(page, job, "import").content.decode()
    assert "has been imported" in text
    assert bank.items.count() == 2
    report = page.get(reverse("exchange:report", args=[job.uuid, "json"]))
    assert json.loads(report.content)["counts"]["new"] == 2
    table = page.get(reverse("exchange:report", args=[job.uuid, "csv"])).content.decode("utf-8-sig")
    assert "Braces" in table
    assert page.get(reverse("exchange:report", args=[job.uuid, "exe"])).status_code == 404


def test_a_second_click_and_a_second_tab_import_nothing_twice(page, bank):
    job = uploaded(page, bank)
    act(page, job, "import")
    again = act(page, job, "import").content.decode()
    assert "imported already" in again
    assert bank.items.count() == 2
    other = uploaded(page, bank)
    text = page.get(address(other)).content.decode()
    assert other.report["counts"] == {"new": 0, "updated": 0, "unchanged": 2, "refused": 1}
    assert "unchanged" in text


def test_choices_are_tried_before_they_count(page, bank):
    job = uploaded(page, bank, competency="")
    assert job.report["counts"]["refused"] == 3
    act(page, job, "read")
    job.refresh_from_db()
    assert job.report["counts"]["new"] == 2
    act(page, job, "import", all_or_nothing="on")
    job.refresh_from_db()
    assert (job.report["applied"], bank.items.count()) == (False, 0)


def test_what_cannot_be_read_is_said_and_not_kept_as_work(page, bank):
    job = uploaded(page, bank, b"<quiz>")
    assert job.state == "failed"
    assert "no well-formed XML" in page.get(address(job)).content.decode()
    assert upload(page, bank, b"").status_code == 400
    assert page.post(reverse("exchange:index"), {}).status_code == 400


def test_what_is_large_is_done_by_a_worker(
    page, bank, monkeypatch, django_capture_on_commit_callbacks, run_tasks
):
    monkeypatch.setattr(import_jobs, "AT_ONCE_BYTES", 10)
    job = uploaded(page, bank)
    assert job.state == "pending"
    response = page.get(address(job))
    assert "being read" in response.content.decode()
    assert response["Refresh"] == "5"
    ImportJob.objects.update(owed_since=now() - timedelta(minutes=1))
    assert sweep_imports() == 1
    assert "Nothing has been written yet" in page.get(address(job)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        act(page, job, "import")
    assert bank.items.count() == 2


def test_work_that_a_dead_worker_left_is_taken_over_and_given_up_at_last(page, bank):
    job = uploaded(page, bank)
    ImportJob.objects.update(state="pending", tries=0)
    assert import_jobs.claim(job.pk) is not None
    assert import_jobs.claim(job.pk) is None
    later = now() + import_jobs.LEASE + timedelta(seconds=1)
    assert import_jobs.owed(at=later) == [job.pk]
    for _try in range(import_jobs.MAX_TRIES - 1):
        assert import_jobs.claim(job.pk, at=later) is not None
        later += import_jobs.LEASE + timedelta(seconds=1)
    assert import_jobs.claim(job.pk, at=later) is None
    job.refresh_from_db()
    assert job.state == "failed"


def test_an_upload_whose_time_is_over_is_gone_and_said_to_be(page, bank):
    job = uploaded(page, bank)
    storage, name = job.file.storage, job.file.name
    assert import_jobs.remove_expired(at=now() + import_jobs.KEPT + timedelta(days=1)) == 1
    assert not storage.exists(name)
    text = page.get(address(job), follow=True).content.decode()
    assert "no longer there" in text
    assert "no longer there" in act(page, job, "import").content.decode()


def test_nobody_sees_the_uploads_of_others(page, bank):
    job = uploaded(page, bank)
    other = Client()
    other.force_login(UserFactory(role=roles.TRAINER))
    assert "What is" not in other.get(address(job), follow=True).content.decode()
    assert other.get(reverse("exchange:report", args=[job.uuid, "csv"])).status_code == 404
    assert other.get(reverse("exchange:question", args=[job.uuid, 0])).status_code == 404


def test_a_long_list_is_shown_page_by_page(page, bank):
    gift = "\n\n".join(f"::Q{number}:: N{number}? {{=a ~b}}" for number in range(55))
    job = uploaded(page, bank, gift.encode())
    first = page.get(address(job)).content.decode()
    assert "Q49" in first
    assert "Q50" not in first
    assert "Q54" in page.get(address(job) + "?page=2").content.decode()
    assert "Q1" not in page.get(address(job) + "?show=refused").content.decode()
    for odd in ("0", "-1", "x", "9" * 30):
        assert page.get(address(job), {"page": odd}).status_code == 200


def test_a_bank_and_a_selection_go_out(page, bank):
    of = teaching.competency()
    full = teaching.bank("full", of, items=3)
    text = page.get(reverse("exchange:export", args=[full.pk])).content.decode()
    assert "3 questions" in text
    for form, start in (("qti3", b"PK"), ("moodle", b"<?xml"), ("csv", b"\xef\xbb\xbftype")):
        response = page.get(reverse("exchange:download", args=[full.pk, form]))
        assert response.content.startswith(start)
        assert "full." in response["Content-Disposition"]
    assert page.get(reverse("exchange:download", args=[full.pk, "exe"])).status_code == 404
    chosen = ItemContent.objects.filter(
        code__in=["full-001", "full-003"], locale__language_code="en"
    )
    bulk = reverse("wagtail_bulk_action", args=["assessments", "itemcontent", "export"])
    query = "&".join(f"id={content.pk}" for content in chosen)
    assert "Moodle XML" in page.get(f"{bulk}?{query}").content.decode()
    response = page.post(f"{bulk}?{query}", {"form": "csv"})
    assert response.content.decode().count("full-00") == 4  # two questions in two languages
    assert "full-002" not in response.content.decode()


def test_the_list_of_banks_leads_in_and_out(page, bank):
    text = page.get(reverse("wagtailsnippets_assessments_itembank:list")).content.decode()
    assert reverse("exchange:export", args=[bank.pk]) in text
    assert f"{reverse('exchange:index')}?bank={bank.pk}" in text
    form = page.get(f"{reverse('exchange:index')}?bank={bank.pk}").content.decode()
    assert f'<option value="{bank.pk}" selected>' in form


def test_the_template_can_be_filled_in(page, bank):
    for form in ("csv", "xlsx"):
        response = page.get(reverse(f"exchange:template_{form}"))
        job = uploaded(page, bank, response.content)
        assert job.report["counts"]["refused"] == 0
        assert job.report["counts"]["new"] >= 3
