"""Essays and files as answers: what is taken, what is refused in words, and who gets a file back."""

import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from academy.core.errors import AcademyError, Conflict
from academy.people.services import anonymise
from academy.people.signals import person_erased
from assessments import files, marking
from assessments.item_types import item_type_for
from assessments.item_types.marked import MOST_CHARACTERS, clean_text, word_count
from assessments.models import AnswerFile, Attempt
from assessments.services import submit_attempt
from tests.factories import marked
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%..."


@pytest.fixture
def learner():
    return UserFactory()


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def final():
    return marked.final(("file",))


@pytest.fixture
def attempt(final, learner):
    return marked.start(final, learner)


@pytest.fixture
def task(attempt):
    return marked.marked_response(attempt)


def on_disk() -> set[str]:
    storage = AnswerFile._meta.get_field("file").storage

    def below(folder: str) -> set[str]:
        try:
            folders, names = storage.listdir(folder)
        except FileNotFoundError:
            return set()
        return {f"{folder}/{name}" for name in names}.union(
            *(below(f"{folder}/{one}") for one in folders)
        )

    return below("answers")


@pytest.fixture
def nothing_left_behind():
    """What came onto the disk is what the database knows."""
    before = on_disk()
    yield
    assert on_disk() - before == set(AnswerFile.objects.values_list("file", flat=True))


def answered(task) -> list[str]:
    task.refresh_from_db()
    names = dict(AnswerFile.objects.values_list("uuid", "name"))
    by_uuid = {str(key): name for key, name in names.items()}
    return [by_uuid[one] for one in (task.answer or {}).get("files", [])]


def test_a_file_is_kept_with_its_digest_under_a_name_of_ours(attempt, task):
    marked.send(attempt, task, marked.upload("My brief.pdf", PDF), text="See page 2.")
    one = AnswerFile.objects.get()
    assert (one.name, one.size) == ("My brief.pdf", len(PDF))
    assert one.sha256 == hashlib.sha256(PDF).hexdigest()
    assert "brief" not in one.file.name
    assert str(one.uuid) in one.file.name
    assert task.__class__.objects.get(pk=task.pk).answer == {
        "files": [str(one.uuid)],
        "text": "See page 2.",
    }


def test_several_files_and_one_of_the_same_name_takes_the_olders_place(
    nothing_left_behind, attempt, task
):
    marked.send(attempt, task, marked.upload("a.txt", b"1"), marked.upload("b.csv", b"x,y"))
    kept = [str(one.uuid) for one in task.files.all()]
    marked.send(attempt, task, marked.upload("a.txt", b"2"), keep=kept)
    assert answered(task) == ["b.csv", "a.txt"]
    assert task.files.count() == 3, "the older one stays where it is"
    latest = files.handed_in(task)[-1]
    assert latest.file.read() == b"2"
    assert task.files.order_by("pk").first().file.read() == b"1"


def test_a_double_click_keeps_one_file(nothing_left_behind, attempt, task):
    for _click in range(2):
        marked.send(attempt, task, marked.upload("a.txt", b"1"), seq=7)
    assert answered(task) == ["a.txt"]
    assert task.files.count() == 1


def test_what_is_unchecked_is_not_handed_in(attempt, task):
    marked.send(attempt, task, marked.upload("a.txt"), marked.upload("b.txt", b"b"))
    first = str(task.files.first().uuid)
    marked.send(attempt, task, keep=[first])
    assert answered(task) == ["a.txt"]
    marked.send(attempt, task)
    task.refresh_from_db()
    assert task.answer is None


def test_a_file_of_somebody_else_is_no_answer(final, attempt, task):
    other = marked.start(final, UserFactory())
    theirs = marked.marked_response(other)
    marked.send(other, theirs, marked.upload("theirs.txt"))
    marked.send(attempt, task, keep=[str(theirs.files.get().uuid)], text="Mine.")
    assert answered(task) == []


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.txt", b"", "is empty"),
        ("program.exe", b"MZ\x90\x00", "cannot be taken"),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n", "cannot be taken"),
        ("page.html", b"<script>alert(1)</script>", "cannot be taken"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "cannot be taken"),
        ("text.txt", b"PK\x03\x04\x00\x00", "cannot be taken"),
        ("brief.docx", b"PK\x03\x04 broken", "cannot be taken"),
        ("macro.docx", marked.office("docx", "word/vbaProject.bin"), "cannot be taken"),
        ("sheet.docx", marked.office("xlsx"), "cannot be taken"),
        ("noending", b"text", "cannot be taken"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(
    nothing_left_behind, attempt, task, name, content, problem
):
    with pytest.raises(AcademyError, match=problem):
        marked.send(attempt, task, marked.upload("good.txt"), marked.upload(name, content))
    task.refresh_from_db()
    assert (task.answer, task.sequence) == (None, 0)
    assert not AnswerFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("brief.docx", marked.office("docx")),
        ("SHEET.XLSX", marked.office("xlsx")),
        ("notes.md", "é".encode()),
        ("old.csv", "é".encode("latin-1")),
        ("photo.JPEG", b"\xff\xd8\xff\xe0"),
    ],
)
def test_what_can_be_taken(attempt, task, name, content):
    marked.send(attempt, task, marked.upload(name, content))
    assert answered(task) == [name]


def test_a_huge_file_and_too_many(nothing_left_behind, settings, attempt, task):
    settings.ANSWER_FILE_MB, settings.ANSWER_FILES = 1, 2
    with pytest.raises(AcademyError, match="larger than 1"):
        marked.send(attempt, task, marked.upload("big.txt", b"x" * (1024 * 1024 + 1)))
    with pytest.raises(AcademyError, match="at most 2 files"):
        marked.send(attempt, task, *(marked.upload(f"{n}.txt", b"%d" % n) for n in range(3)))
    assert not AnswerFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\brief.pdf", "brief.pdf"),
        ('a"b\r\nSet-Cookie: x.txt', "abSet-Cookie x.txt"),
        ("\u202egpj.exe.txt", "gpj.exe.txt"),
        (".htaccess", "htaccess"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
        ("  .  ", "file"),
    ],
)
def test_hostile_names(name, shown):
    assert files.shown_name(name) == shown


def test_nothing_is_taken_once_it_is_handed_in(nothing_left_behind, attempt, task):
    marked.send(attempt, task, marked.upload("a.txt"))
    submit_attempt(attempt=attempt)
    with pytest.raises(Conflict, match="has been submitted"):
        marked.send(attempt, task, marked.upload("late.txt"))


def test_a_save_that_comes_too_late_leaves_no_file(nothing_left_behind, attempt, task):
    marked.send(attempt, task, text="Newer.", seq=5)
    with pytest.raises(Conflict, match="another tab"):
        marked.send(attempt, task, marked.upload("older.txt"), seq=4)
    assert not AnswerFile.objects.exists()


def test_the_form_sends_files_and_says_what_is_wrong(browser, attempt, task):
    url = reverse("assessments:question", args=[attempt.uuid, task.position + 1])
    page = browser.get(url).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert "How it is marked" in page
    go = {"go": str(task.position + 1), "text": "Kept on the page"}
    refused = browser.post(url, {**go, "files": marked.upload("x.exe", b"MZ\0")})
    assert refused.status_code == 422
    assert "cannot be taken" in refused.content.decode()
    assert "Kept on the page" in refused.content.decode()
    done = browser.post(url, {**go, "files": marked.upload("brief.pdf", PDF)}, follow=True)
    text = done.content.decode()
    assert "brief.pdf" in text
    one = AnswerFile.objects.get()
    assert f'value="{one.uuid}" checked' in text
    file = browser.get(reverse("assessments:answer_file", args=[attempt.uuid, one.uuid]))
    assert b"".join(file.streaming_content) == PDF
    assert file["Content-Disposition"] == 'attachment; filename="brief.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Type"] == "application/octet-stream"


def test_a_file_goes_to_its_owner_and_its_markers_alone(browser, attempt, task):
    marked.send(attempt, task, marked.upload("sam-person.pdf", PDF))
    submit_attempt(attempt=attempt)
    one, trainer, other = AnswerFile.objects.get(), marked.marker(), marked.marker()
    mark = marking.claim(response=task, marker=trainer)
    own = reverse("assessments:answer_file", args=[attempt.uuid, one.uuid])
    theirs = reverse("marking:file", args=[mark.uuid, 1])
    expected = {trainer: (404, 200), other: (404, 404), UserFactory(): (404, 403)}
    for person, answers in expected.items():
        client = Client()
        client.force_login(person)
        assert (client.get(own).status_code, client.get(theirs).status_code) == answers
    client.force_login(trainer)
    seen = client.get(theirs)
    assert seen["Content-Disposition"] == 'attachment; filename="answer-1.pdf"'
    page = client.get(reverse("marking:mark", args=[mark.uuid])).content.decode()
    assert "sam-person" not in page, "a name may tell whose it is"
    assert browser.get(own).status_code == 200


def test_erasure_deletes_the_files(
    nothing_left_behind, attempt, task, learner, django_capture_on_commit_callbacks
):
    marked.send(attempt, task, marked.upload("a.txt"))
    assert AnswerFile.objects.get().file.name in on_disk()
    with django_capture_on_commit_callbacks(execute=True):
        anonymise(learner)
        person_erased.send(sender=type(learner), person=learner)
    assert not AnswerFile.objects.exists()


# --- Essays ---------------------------------------------------------------------------------------


def test_an_essay_is_saved_as_any_answer_is_and_its_length_is_told(browser, learner):
    attempt = marked.start(marked.final(), learner)
    essay = marked.marked_response(attempt)
    essay.item_version.content["settings"]["word_limit"] = 3
    essay.item_version.save()
    save = reverse("assessments:save", args=[attempt.uuid, essay.position + 1])
    kept = browser.post(save, {"answer": "One two\r\nthree four", "seq": "1"})
    assert kept.json()["saved"]
    essay.refresh_from_db()
    assert essay.answer == {"text": "One two\nthree four"}
    page = browser.get(reverse("assessments:question", args=[attempt.uuid, essay.position + 1]))
    assert "4 words of at most 3" in page.content.decode()
    browser.post(save, {"answer": "  ", "seq": "2"})
    essay.refresh_from_db()
    assert essay.answer is None


def test_too_long_a_text_is_refused_in_words(browser, learner):
    attempt = marked.start(marked.final(), learner)
    essay = marked.marked_response(attempt)
    save = reverse("assessments:save", args=[attempt.uuid, essay.position + 1])
    refused = browser.post(save, {"answer": "x" * (MOST_CHARACTERS + 1), "seq": "1"})
    assert refused.status_code == 400
    assert "At most 40000" in refused.json()["error"]


def test_text_is_cleaned_of_what_no_database_takes():
    assert clean_text(" a\x00b\r\nc\x07 e\u0301 ") == "ab\nc é"
    assert word_count("l’été, c’est  loin\n") == 3


def test_the_learner_is_told_by_when_it_is_marked(browser, learner):
    attempt = marked.hand_in(marked.start(marked.final(), learner))
    page = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "They are being marked" in page
    assert "Being marked" in browser.get(reverse("portal:home")).content.decode()
    question = browser.get(reverse("assessments:question", args=[attempt.uuid, 1]))
    assert question.url == reverse("assessments:result", args=[attempt.uuid])
    assert attempt.status == Attempt.Status.MARKING


@pytest.mark.parametrize("code", ["essay", "file"])
def test_they_have_no_key(code):
    item_type = item_type_for(code)
    assert item_type.is_marked
    assert item_type.guessing(None, {}) == 0
