"""Item banks from the content files: one content a language, published into immutable versions."""

import json
from datetime import datetime
from uuid import UUID, uuid5

from wagtail.models import Locale

from academy.competencies.models import Competency
from academy.demo import content
from academy.demo.keys import key_of
from academy.demo.richtext import without_tables
from assessments.models import Assessment, ItemBank, ItemContent, Section
from assessments.services import publish_item


def load_bank(
    bank: content.Bank, locales: dict[str, Locale], *, at: datetime, lessons: dict[str, UUID]
) -> ItemBank:
    """A bank with its items, published in every language. `lessons`: slug → the lesson's uuid."""
    row = ItemBank.objects.create(
        code=bank.code, title={language: bank.title[language] for language in locales}
    )
    competencies = {one.ref: one for one in Competency.objects.all()}
    for item in bank.items:
        contents = [
            _content(item, row, language, locale, competencies[item.competency])
            for language, locale in locales.items()
        ]
        for one in contents:
            one.lesson_uuid = lessons.get(item.lesson or "")
            one.first_published_at = one.last_published_at = at
            one.save()
        publish_item(contents[0], at=at)
    return row


def _content(item, bank: ItemBank, language: str, locale: Locale, competency) -> ItemContent:
    text = item.text(language)
    return ItemContent(
        locale=locale,
        translation_key=key_of("items", item.code),
        bank=bank,
        code=item.code,
        item_type=item.type,
        competency=competency,
        level=item.level,
        difficulty=item.difficulty,
        stem=without_tables(text.stem),
        options=json.dumps(
            [_option(item, option) for option in text.options]
            + [_part(item, id, text.parts[id]) for id in item.parts]
        ),
        scoring=item.scoring,
        numeric_value=item.answer.value if item.answer else None,
        numeric_tolerance=item.answer.tolerance if item.answer else 0,
        unit=text.unit or (item.answer.unit if item.answer else ""),
        explanation=without_tables(text.explanation),
        live=True,
    )


def _option(item, option) -> dict:
    """The block id is the option's id in every language."""
    return {
        "type": "option",
        "id": str(uuid5(key_of("items", item.code), option.id)),
        "value": {
            "text": option.text,
            "correct": option.id in item.key,
            "feedback": option.feedback,
        },
    }


def _part(item, id: str, words: dict) -> dict:
    """A part of a question of any kind: what holds in every language, and what this one says."""
    neutral = dict(item.parts[id])
    block = neutral.pop("block")
    empty = {"prompt": "", "feedback": ""} if block == "pair" else {"feedback": ""}
    return {
        "type": block,
        "id": str(uuid5(key_of("items", item.code), id)),
        "value": {**empty, **neutral, **words},
    }


def create_final(code: str, title: content.Bilingual, bank: ItemBank) -> Assessment:
    """Twelve questions in half an hour. A demo lets one try again at once, as often as one likes."""
    assessment = Assessment.objects.create(
        code=f"final-{code}",
        kind=Assessment.Kind.FINAL,
        title={"en": f"Final assessment: {title.en}", "fr": f"Évaluation finale : {title.fr}"},
        instructions={
            "en": (
                "Twelve questions, thirty minutes. Your answers are saved as you go. You need seven "
                "points in ten; you can try again if you fall short."
            ),
            "fr": (
                "Douze questions, trente minutes. Vos réponses sont enregistrées au fur et à mesure. "
                "Il faut sept points sur dix ; vous pouvez recommencer s’il vous en manque."
            ),
        },
        cut_score="0.700",
        time_limit_minutes=30,
        cooldown_hours=0,
    )
    Section.objects.create(assessment=assessment, bank=bank, count=12)
    return assessment


def create_placement(banks: list[ItemBank]) -> Assessment:
    """The open placement: one section for each bank, which measures one competency."""
    assessment = Assessment.objects.create(
        code="placement",
        kind=Assessment.Kind.PLACEMENT,
        title={"en": "Where do I stand?", "fr": "Où en suis-je ?"},
        instructions={
            "en": (
                "About 20 questions on finding, judging and describing data and on privacy. Each "
                "adapts to the answers before it. “I don’t know” is a good answer. Nobody but you "
                "sees your answers."
            ),
            "fr": (
                "Une vingtaine de questions sur la recherche, l’évaluation et la description de "
                "données et sur la vie privée. Chacune s’adapte aux réponses précédentes. « Je ne "
                "sais pas » est une bonne réponse. Personne d’autre que vous ne voit vos réponses."
            ),
        },
        min_items=4,
        max_items=6,
    )
    for order, bank in enumerate(banks):
        Section.objects.create(
            assessment=assessment,
            order=order,
            bank=bank,
            competency=bank.items.first().competency,
            count=0,
        )
    return assessment
