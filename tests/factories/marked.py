"""Rubrics, questions that people mark, and answers handed in, for tests."""

import io
import uuid
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from academy.competencies.models import Competency
from academy.people.models import User
from academy.people.roles import TRAINER
from assessments.marking import Given
from assessments.models import (
    Assessment,
    Attempt,
    Criterion,
    CriterionLevel,
    ItemBank,
    ItemContent,
    Response,
    Rubric,
)
from assessments.services import (
    publish_item,
    save_answer,
    save_form,
    start_attempt,
    submit_attempt,
)
from courses.models import Module
from tests.factories import teaching, world
from tests.factories.people import UserFactory


def rubric(code: str = "rubric", *, kind: str = "points", unscored: bool = False) -> Rubric:
    """Two criteria of three levels (0, 1 and 2 points), and one that counts nothing if asked."""
    row = Rubric.objects.create(
        code=code, kind=kind, title={"en": f"Rubric {code}", "fr": f"Grille {code}"}
    )
    names = [("Clarity", "Clarté", True), ("Proof", "Preuves", True)]
    if unscored:
        names.append(("Outcome", "Résultat", False))
    for order, (english, french, is_scored) in enumerate(names):
        criterion = Criterion.objects.create(
            rubric=row, order=order, is_scored=is_scored, title={"en": english, "fr": french}
        )
        for points, (en, fr) in enumerate(
            (("Weak", "Faible"), ("Fair", "Passable"), ("Strong", "Solide"))
        ):
            CriterionLevel.objects.create(
                criterion=criterion,
                order=points,
                points=points,
                title={"en": en, "fr": fr},
                description={"en": f"{english}: {en}", "fr": f"{french} : {fr}"},
            )
    return row


def task(bank: ItemBank, of: Competency, by: Rubric, *, item_type: str = "essay", **fields):
    """A published question that people mark, in English and French."""
    source = teaching.item(bank, of, number=bank.items.count() + 1, item_type="numeric")
    for content in ItemContent.objects.filter(translation_key=source.translation_key):
        content.item_type, content.rubric, content.numeric_value = item_type, by, None
        for name, value in fields.items():
            setattr(content, name, value)
        content.save()
    source.refresh_from_db()
    publish_item(source)
    return source


def final(types: tuple[str, ...] = ("essay",), *, by: Rubric | None = None, **fields) -> Assessment:
    """A final with one question that has a key, and one of each of these types."""
    skill = teaching.competency()
    bank = teaching.bank("marked", skill, items=1)
    by = by or rubric()
    for one in types:
        task(bank, skill, by, item_type=one)
    return teaching.final("marked", bank, count=1 + len(types), **fields)


def in_module(assessment: Assessment) -> Module:
    """A module of one course, that the final proves."""
    module = teaching.module(
        "Trials", {teaching.competency(): 2}, assessment=assessment, lessons=1, translate=False
    )
    teaching.course("Trials", module, translate=False)
    return module


def answer_of(response: Response, text: str):
    return {
        "essay": {"text": text},
        "file": {"files": [], "text": text},
    }.get(response.item_version.content["type"]) or world.right(response)


def start(assessment: Assessment, learner: User) -> Attempt:
    return start_attempt(assessment=assessment, learner=learner, registration=uuid.uuid4())


def hand_in(attempt: Attempt, *, text: str = "What I think.") -> Attempt:
    """Answer all of an attempt, and submit it."""
    for response in attempt.responses.filter(answer__isnull=True):
        save_answer(
            attempt=attempt,
            position=response.position,
            answer=answer_of(response, text),
            sequence=response.sequence + 1,
            language="en",
        )
    return submit_attempt(attempt=attempt)


def marked_response(attempt: Attempt, number: int = 0) -> Response:
    return attempt.responses.filter(item_version__item__item_type__in=("essay", "file"))[number]


def marker(**fields) -> User:
    return UserFactory(role=TRAINER, **fields)


def given(response: Response, *points: int, **words) -> Given:
    """A level of so many points for each criterion that counts, in order."""
    criteria = response.item_version.content["settings"]["rubric"]["criteria"]
    scored = [one for one in criteria if one["is_scored"]]
    levels = {}
    for criterion, reached in zip(scored, points, strict=False):
        levels[criterion["id"]] = next(
            level["id"] for level in criterion["levels"] if level["points"] == reached
        )
    return Given(levels=levels, comments=words.pop("comments", {}), **words)


def upload(name: str = "brief.txt", content: bytes = b"Read me.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def office(kind: str = "docx", *more: str) -> bytes:
    """The smallest package that is an Office file of the kind."""
    folder = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}[kind]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        for name in ("[Content_Types].xml", folder, *more):
            package.writestr(name, "<x/>")
    return data.getvalue()


def send(attempt: Attempt, response: Response, *uploads, keep=(), text: str = "", seq: int = 0):
    """What the form of a file task sends."""
    data = QueryDict(mutable=True)
    data.setlist("answer", list(keep))
    data["text"] = text
    response.refresh_from_db()
    return save_form(
        attempt=attempt,
        response=response,
        data=data,
        uploads=list(uploads),
        sequence=seq or response.sequence + 1,
        language="en",
        is_flagged=False,
    )
