"""The demo's questions about pictures and a table: content/practice, one bank of its own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid5

from django.core.files import File
from wagtail.models import Collection, Locale

from academy.competencies.models import Competency
from academy.demo import shapes
from academy.demo.content import CONTENT, read
from academy.demo.keys import key_of
from academy.media.models import AcademyImage
from assessments.blocks import OptionsBlock
from assessments.models import ItemBank, ItemContent
from assessments.services import publish_item

FOLDER = CONTENT / "practice"
KINDS = ("hotspot", "dragdrop", "data")
WORDS = shapes.record({"stem": shapes.STEM, "explanation": shapes.STEM}, {"alt": shapes.plain})


def anything(value: Any, place: str) -> Iterator[str]:
    """What the blocks of a question check themselves when it is published."""
    yield from ()


BOTH = {"en": anything, "fr": anything}
PART = shapes.record(
    BOTH,
    {
        **dict.fromkeys(OptionsBlock().child_blocks, anything),
        "values": shapes.list_of(shapes.record({"weight": anything, **BOTH}), 2),
        "where": shapes.list_of(anything),
    },
)
ITEM = shapes.record(
    {
        "code": shapes.code,
        "type": shapes.one_of(*KINDS),
        "competency": shapes.text,
        "level": shapes.LEVEL,
        "difficulty": shapes.number(-2.5, 2.5),
        "parts": shapes.list_of(PART),
        "en": WORDS,
        "fr": WORDS,
    },
    {"scoring": shapes.one_of("all", "each", "penalty"), "picture": shapes.text},
)
BANK = shapes.record({"bank": shapes.code, "title": shapes.BOTH, "items": shapes.list_of(ITEM)})


def load_practice(locales: dict[str, Locale], *, at: datetime, folder: Path = FOLDER) -> ItemBank:
    """The bank with its questions, published in every language."""
    data = read(folder / "items.yaml", BANK)
    bank = ItemBank.objects.create(
        code=data["bank"], title={language: data["title"][language] for language in locales}
    )
    competencies = {one.ref: one for one in Competency.objects.all()}
    collection = Collection.get_first_root_node().add_child(name=data["title"]["en"])
    for item in data["items"]:
        picture = _picture(folder, item, collection)
        contents = [
            ItemContent(
                locale=locale,
                translation_key=key_of("items", item["code"]),
                bank=bank,
                code=item["code"],
                item_type=item["type"],
                competency=competencies[item["competency"]],
                level=item["level"],
                difficulty=item["difficulty"],
                scoring=item.get("scoring", "all"),
                stem=item[language]["stem"],
                image=picture,
                image_alt=item[language].get("alt", ""),
                options=_blocks(item, language),
                explanation=item[language]["explanation"],
                live=True,
                first_published_at=at,
                last_published_at=at,
            )
            for language, locale in locales.items()
        ]
        for content in contents:
            content.save()
        for content in contents:
            content.clean()
        publish_item(contents[0], at=at)
    return bank


def _picture(folder: Path, item: dict, collection: Collection) -> AcademyImage | None:
    if "picture" not in item:
        return None
    path = folder / item["picture"]
    with path.open("rb") as stream:
        return AcademyImage.objects.create(
            collection=collection, title=path.stem.replace("-", " "), file=File(stream, path.name)
        )


def _blocks(item: dict, language: str) -> list[dict]:
    """Each part as a block, with the same id in every language."""
    blocks = []
    for number, part in enumerate(item["parts"]):
        key = uuid5(key_of("items", item["code"]), str(number))
        kind = next(name for name in part if name in OptionsBlock().child_blocks)
        value = {**part[kind], **part[language]}
        if "values" in part:
            values = [{"label": one[language], "weight": one["weight"]} for one in part["values"]]
            value["values"] = _listed(values, uuid5(key, "values"))
        if kind == "question":
            value["where"] = _listed(part.get("where", []), uuid5(key, "where"))
        blocks.append({"type": kind, "id": str(key), "value": value})
    return blocks


def _listed(values: list, key) -> list[dict]:
    return [
        {"type": "item", "id": str(uuid5(key, str(number))), "value": value}
        for number, value in enumerate(values)
    ]
