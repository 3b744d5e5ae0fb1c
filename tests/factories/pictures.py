"""Questions about a picture and data tasks, made as a trainer makes them."""

import uuid

from django.core.files.base import ContentFile
from wagtail.models import Locale

from academy.competencies.models import Competency
from academy.media.models import AcademyImage
from assessments.models import ItemBank, ItemContent
from assessments.services import publish_item

BARS = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="400" height="200">
<rect width="400" height="200" fill="#fff"/><rect x="40" y="100" width="60" height="80" fill="#457b9d"/>
<rect x="170" y="40" width="60" height="140" fill="#457b9d"/>
<rect x="300" y="140" width="60" height="40" fill="#457b9d"/></svg>"""


def image(title: str = "Bars", svg: str = BARS) -> AcademyImage:
    return AcademyImage.objects.create(
        title=title, file=ContentFile(svg.encode(), f"{uuid.uuid4()}.svg")
    )


def block(kind: str, /, **value) -> dict:
    return {"type": kind, "id": str(uuid.uuid4()), "value": value}


def spots(*correct: bool) -> list[dict]:
    return [
        block(
            "spot",
            label=f"Bar {number}",
            x=10 + 32 * (number - 1),
            y=10,
            width=15,
            height=80,
            correct=is_correct,
            feedback=f"About bar {number}.",
        )
        for number, is_correct in enumerate(correct, 1)
    ]


def placing() -> list[dict]:
    """Two places and three labels, the last of which belongs nowhere."""
    return [
        block("zone", label="Left bar", x=5, y=10, width=30, height=80),
        block("zone", label="Right bar", x=60, y=10, width=35, height=80),
        block("token", text="Small", zone="Left bar", feedback="It is the small one."),
        block("token", text="Large", zone=" right BAR ", feedback="It is the large one."),
        block("token", text="Absent", zone="", feedback="There is no such bar."),
    ]


def condition(column: str, comparison: str, value: str = "") -> dict:
    return {
        "type": "item",
        "id": str(uuid.uuid4()),
        "value": {"column": column, "comparison": comparison, "value": value},
    }


def asked(text: str, operation: str, **fields) -> dict:
    fields = {
        "column": "",
        "other": "",
        "value": "",
        "where": [],
        "once": True,
        "tolerance": None,
        "unit": "",
        "feedback": f"How: {operation}.",
        **fields,
    }
    return block("question", text=text, operation=operation, **fields)


def table(rows: int = 60, duplicates: int = 5, file: str = "requests") -> list[dict]:
    values = [
        {"type": "item", "id": str(uuid.uuid4()), "value": {"label": label, "weight": weight}}
        for label, weight in (("North", 2), ("South", 1), ("Île-de-France", 1))
    ]
    return [
        block("table", file=file, rows=rows, duplicates=duplicates),
        block("id_column", name="Request", prefix="R-"),
        block("category_column", name="Region", values=values, missing=5, messy=20),
        block(
            "number_column",
            name="Days",
            lowest="1",
            highest="90",
            decimals=0,
            distribution="skewed",
            follows="",
            strength=None,
            outliers=0,
            missing=0,
        ),
        block("date_column", name="Received", first="2024-01-01", last="2024-12-31", missing=0),
    ]


def questions() -> list[dict]:
    return [
        asked(
            "How many requests came from the North?",
            "count",
            where=[condition("Region", "is", "north")],
        ),
        asked(
            "How long did they take on average?",
            "mean",
            column="Days",
            tolerance="0.05",
            unit="days",
        ),
        asked("Which region sent the most?", "mode", column="Region"),
        asked("When did the last one come?", "max", column="Received"),
    ]


def publish(
    bank: ItemBank,
    of: Competency,
    item_type: str,
    options: list[dict],
    *,
    languages: tuple[str, ...] = ("en", "fr"),
    translated: list[dict] | None = None,
    **fields,
) -> ItemContent:
    """A published question; `translated` are its French blocks, if they are not the English ones."""
    key, source = uuid.uuid4(), None
    if item_type != "data":
        fields = {
            "image": fields.pop("image", None) or image(),
            "image_alt": "Three bars.",
            **fields,
        }
    for language in languages:
        content = ItemContent(
            locale=Locale.objects.get(language_code=language),
            translation_key=key,
            bank=bank,
            competency=of,
            level=2,
            item_type=item_type,
            stem=f"<p>{'Look' if language == 'en' else 'Regardez'}.</p>",
            options=translated if translated and language != "en" else options,
            explanation="<p>Because.</p>",
            live=True,
            **fields,
        )
        content.save()
        source = source or content
    publish_item(source)
    return source
