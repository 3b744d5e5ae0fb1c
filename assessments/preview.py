"""A question shown to its author as a learner will see it, and what a learner sees afterwards."""

from assessments.item_types import Asked, item_type_for
from assessments.models import ItemContent
from assessments.services import document_of


def preview_of(content: ItemContent) -> dict:
    """The context of the preview template; `problem` alone while the question is unfinished."""
    item_type = item_type_for(content.item_type)
    if problem := item_type.problem(content):
        return {"problem": problem, "words": {"stem": content.stem}}
    document, language = document_of(content), content.locale.language_code
    words = document["languages"][language]
    order = [part["id"] for part in words.get("options", [])]
    asked = Asked(document=document, language=language, order=order, seed=f"preview:{content.pk}")
    return {
        "item_type": item_type,
        "asked": asked,
        "words": words,
        "words_language": language,
        "sample_of": content.pk,
        **item_type.context(asked),
        "explained": item_type.explain(asked, whole=True),
    }
