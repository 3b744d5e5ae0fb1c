"""One question of each kind that needs neither a picture nor a marker, in English and French."""

import uuid

from wagtail.models import Locale

from academy.competencies.models import Competency
from assessments.models import ItemBank, ItemContent
from assessments.services import publish_item

#: kind → (fields of the content, blocks as (kind, value in English, what French says instead)).
KINDS = {
    "multiple": (
        {"scoring": "each"},
        [
            ("option", {"text": "A median", "correct": True, "feedback": "Yes."}, "Une médiane"),
            ("option", {"text": "A mean", "correct": True, "feedback": "Yes."}, "Une moyenne"),
            ("option", {"text": "A map", "correct": False, "feedback": "No."}, "Une carte"),
        ],
    ),
    "numeric": (
        {"numeric_value": "12.5", "numeric_tolerance": "0.1", "unit": "km"},
        [("unit", {"unit": "m", "factor": 0.001}, "m")],
    ),
    "matching": (
        {"scoring": "each"},
        [
            ("pair", {"prompt": "Age", "match": "Number", "feedback": "It counts."}, "Nombre"),
            ("pair", {"prompt": "Name", "match": "Text", "feedback": "It reads."}, "Texte"),
            ("pair", {"prompt": "", "match": "Date", "feedback": ""}, "Date"),
        ],
    ),
    "ordering": (
        {"scoring": "each"},
        [
            ("step", {"text": "Ask", "feedback": "First."}, "Demander"),
            ("step", {"text": "Collect", "feedback": "Second."}, "Recueillir"),
            ("step", {"text": "Report", "feedback": "Last."}, "Rendre compte"),
        ],
    ),
    "short": (
        {},
        [
            (
                "accepted",
                {"text": "median\nthe median", "credit": 1, "feedback": "Yes."},
                "médiane",
            ),
            ("accepted", {"text": "mean", "credit": 0.5, "feedback": "Nearly."}, "moyenne"),
        ],
    ),
    "cloze": (
        {"scoring": "each"},
        [
            (
                "gap",
                {"name": "a", "kind": "choice", "answers": "median\nmean", "feedback": "Middle."},
                "médiane\nmoyenne",
            ),
            (
                "gap",
                {"name": "b", "kind": "typed", "answers": "outliers", "feedback": "Far off."},
                "valeurs extrêmes",
            ),
        ],
    ),
}
SAID = {"option": "text", "unit": "unit", "pair": "match", "step": "text", "accepted": "text"}


def question(
    bank: ItemBank, of: Competency, kind: str, languages: tuple[str, ...] = ("en", "fr"), **fields
) -> ItemContent:
    """A published question of this kind."""
    own, blocks = KINDS[kind]
    key, ids = uuid.uuid4(), [str(uuid.uuid4()) for _block in blocks]
    gaps = " [[a]] … [[b]]" if kind == "cloze" else ""
    source = None
    for language in languages:
        options = [
            {
                "type": block,
                "id": id,
                "value": value
                if language == "en"
                else {**value, SAID.get(block, "answers"): french},
            }
            for id, (block, value, french) in zip(ids, blocks, strict=True)
        ]
        content = ItemContent(
            locale=Locale.objects.get(language_code=language),
            translation_key=key,
            bank=bank,
            competency=of,
            level=2,
            item_type=kind,
            stem=f"<p>{'Question' if language == 'en' else 'Énoncé'} {kind}{gaps}</p>",
            options=options,
            explanation=f"<p>Because of {kind}.</p>",
            live=True,
            **{**own, **fields},
        )
        content.save()
        source = source or content
    publish_item(source)
    return source
