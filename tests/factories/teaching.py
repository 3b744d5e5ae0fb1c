"""Something to learn: banks, assessments, modules and courses, made as a trainer makes them."""

import json
import uuid

from wagtail.models import Locale

from academy.competencies.models import Competency
from academy.competencies.services import load_framework
from assessments.models import Assessment, ItemBank, ItemContent, Section
from assessments.services import publish_item
from cms.models import (
    CataloguePage,
    CourseModuleLink,
    CoursePage,
    LessonPage,
    LibraryPage,
    ModulePage,
    ModuleTeaches,
)
from courses.models import Course, Module


def framework(code: str = "skills", levels: int = 4, competencies: int = 2):
    """A small framework of four bands, loaded as any other is."""
    document = {
        "code": code,
        "title": "Skills",
        "title_fr": "Compétences",
        "publisher": "Tests",
        "levels": [
            {"num": number, "band": f"Band {number}", "band_fr": f"Niveau {number}"}
            for number in range(1, levels + 1)
        ],
        "areas": [
            {
                "code": "A",
                "title": "Area",
                "competencies": [
                    {"code": f"A.{n}", "title": f"Skill {n}", "title_fr": f"Compétence {n}"}
                    for n in range(1, competencies + 1)
                ],
            }
        ],
    }
    return load_framework(json.dumps(document).encode())[0]


def competency(ref: str = "skills:A.1") -> Competency:
    found = Competency.objects.filter(ref=ref).first()
    if found is None:
        framework(ref.split(":")[0])
        found = Competency.objects.get(ref=ref)
    return found


def item(
    bank: ItemBank,
    of: Competency,
    *,
    number: int,
    difficulty: float = 0.0,
    item_type: str = "single",
    languages: tuple[str, ...] = ("en", "fr"),
) -> ItemContent:
    """A published question; of single choice, the option "Right {n}" is right."""
    key = uuid.uuid4()
    options = [
        {
            "type": "option",
            "id": str(uuid.uuid4()),
            "value": {"text": text, "correct": correct, "feedback": f"About {text}"},
        }
        for text, correct in (
            (f"Right {number}", True),
            (f"Wrong {number}a", False),
            (f"Wrong {number}b", False),
        )
    ]
    source = None
    for language in languages:
        content = ItemContent(
            locale=Locale.objects.get(language_code=language),
            translation_key=key,
            bank=bank,
            competency=of,
            level=2,
            item_type=item_type,
            difficulty=difficulty,
            stem=f"<p>{'Question' if language == 'en' else 'Énoncé'} {number}</p>",
            options=[] if item_type == "numeric" else options,
            numeric_value=number if item_type == "numeric" else None,
            explanation="<p>Because.</p>",
            live=True,
        )
        content.save()
        source = source or content
    publish_item(source)
    return source


def bank(code: str, of: Competency, *, items: int = 6, spread: float = 2.0) -> ItemBank:
    row = ItemBank.objects.create(code=code, title={"en": f"Bank {code}", "fr": f"Banque {code}"})
    for number in range(1, items + 1):
        difficulty = -spread + 2 * spread * (number - 1) / max(items - 1, 1)
        item(row, of, number=number, difficulty=difficulty)
    return row


def final(code: str, of: ItemBank, *, count: int = 4, **fields) -> Assessment:
    row = Assessment.objects.create(
        code=code,
        kind="final",
        title={"en": f"Final {code}", "fr": f"Évaluation {code}"},
        **{"cooldown_hours": 0, **fields},
    )
    Section.objects.create(assessment=row, bank=of, count=count)
    return row


def placement(*banks_and_competencies, **fields) -> Assessment:
    row = Assessment.objects.create(
        code="placement",
        kind="placement",
        title={"en": "Placement", "fr": "Positionnement"},
        **{"min_items": 2, "max_items": 4, **fields},
    )
    for order, (of, measured) in enumerate(banks_and_competencies):
        Section.objects.create(assessment=row, order=order, bank=of, competency=measured, count=0)
    return row


def _translated(page, title: str, **words):
    copy = page.copy_for_translation(Locale.objects.get(language_code="fr"), copy_parents=True)
    copy.title = title
    for name, value in words.items():
        setattr(copy, name, value)
    copy.save_revision().publish()
    return copy


def module(
    title: str,
    teaches: dict[Competency, int],
    *,
    assessment: Assessment | None = None,
    lessons: int = 2,
    translate: bool = True,
) -> Module:
    """A published module of short lessons, in English and French."""
    library = LibraryPage.objects.get(locale__language_code="en")
    page = ModulePage(title=title, summary="S", outcome="You can.", final_assessment=assessment)
    page.teaches = [ModuleTeaches(competency=one, level=level) for one, level in teaches.items()]
    library.add_child(instance=page)
    page.save_revision().publish()
    french = _translated(page, f"{title} (fr)") if translate else None
    for number in range(1, lessons + 1):
        lesson = LessonPage(
            title=f"{title} {number}",
            minutes=5,
            body=json.dumps(
                [
                    {"type": "heading", "value": "First"},
                    {"type": "text", "value": f"<p>Text of lesson {number}.</p>"},
                ]
            ),
        )
        page.add_child(instance=lesson)
        lesson.save_revision().publish()
        if french is not None:
            _translated(lesson, f"{title} {number} (fr)")
    return Module.objects.get(uuid=page.translation_key)


def course(title: str, *modules: Module, translate: bool = True, **fields) -> Course:
    """A published course of these modules, in English and French."""
    catalogue = CataloguePage.objects.get(locale__language_code="en")
    page = CoursePage(title=title, summary="S", outcome="You can.", **fields)
    page.module_links = [
        CourseModuleLink(
            module=ModulePage.objects.get(translation_key=one.uuid, locale__language_code="en")
        )
        for one in modules
    ]
    catalogue.add_child(instance=page)
    page.save_revision().publish()
    if translate:
        _translated(page, f"{title} (fr)")
    return Course.objects.get(uuid=page.translation_key)
