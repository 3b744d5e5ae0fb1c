"""A question shown to its author as a learner will see it, and what a learner sees afterwards."""

import random

from assessments.item_types import Asked, item_type_for, problem_of
from assessments.lessons import lesson_links
from assessments.models import ItemContent
from assessments.services import document_of


def preview_of(content: ItemContent) -> dict:
    """The context of the preview template; `problem` alone while the question is unfinished."""
    for number, part in enumerate(content.options, 1):
        part.id = part.id or f"new-{number}"  # until it is saved
    item_type = item_type_for(content.item_type)
    if problem := problem_of(content):
        return {"problem": problem, "words": {"stem": content.stem}}
    document, language = document_of(content), content.locale.language_code
    words = document["languages"][language]
    seed = f"preview:{content.pk}"
    order = item_type.order(words, random.Random(seed))  # noqa: S311 - the same each time
    asked = Asked(document=document, language=language, order=order, seed=seed)
    return {
        "item_type": item_type,
        "asked": asked,
        "words": words,
        "words_language": language,
        "stem_told": item_type.told(words),
        "sample_of": content.pk,
        **item_type.context(asked),
        "explained": {
            **item_type.explain(asked, whole=True),
            "words": words,
            "words_language": language,
        },
        "feedback": _feedback(words),
        "lesson": lesson_links([content.translation_key]).get(content.translation_key),
    }


def _feedback(words: dict) -> list[dict]:
    """Every part that has feedback, with what names it."""
    return [
        {"text": part.get("text") or part.get("name") or part.get("label"), **part}
        for parts in words.values()
        if isinstance(parts, list)
        for part in parts
        if part.get("feedback")
    ]
