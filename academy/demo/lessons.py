"""A lesson of the content files as the body of a lesson page."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.core.files import File
from wagtail.models import Collection

from academy.demo import content
from academy.demo.keys import key_of
from academy.demo.richtext import plain
from academy.media.models import AcademyDocument, AcademyImage


class Shelf:
    """A module's pictures and files in the media library, each taken in once."""

    def __init__(self, module: content.Module, collection: Collection):
        self.module = module
        self.collection = collection
        self._taken: dict[Path, Any] = {}

    def image(self, name: str, language: str, *, title: str, alt: str = "") -> AcademyImage:
        path = self.module.image(name, language)
        return self._take(path, AcademyImage, title=title, description=alt[:255])

    def document(self, name: str, language: str, *, title: str) -> AcademyDocument:
        return self._take(self.module.data(name, language), AcademyDocument, title=title)

    def video(self, value: dict, language: str) -> dict[str, int]:
        """The ids of a video's film, still picture and captions."""
        models = {"file": AcademyDocument, "poster": AcademyImage, "captions": AcademyDocument}
        return {
            key: self._take(self.module.video(value[key], language), model, title=value["title"]).pk
            for key, model in models.items()
        }

    def _take(self, path: Path, model: type, **fields):
        if path not in self._taken:
            with path.open("rb") as stream:
                fields["title"] = fields["title"].rstrip(".")[:255]
                row = model(collection=self.collection, file=File(stream, path.name), **fields)
                if model is AcademyDocument:
                    row.file_size = path.stat().st_size
                row.save()
            self._taken[path] = row
        return self._taken[path]


def body_of(lesson: content.Lesson, module: content.Module, shelf: Shelf) -> str:
    """The page's stream field as JSON. A block has the same id in every language."""
    root = key_of("lessons", f"{module.code}/{lesson.slug}")
    return json.dumps(
        [
            {
                "type": block.kind,
                "id": str(uuid5(root, str(index))),
                "value": _value(
                    block.kind, block.value, lesson.language, shelf, uuid5(root, str(index))
                ),
            }
            for index, block in enumerate(lesson.blocks)
        ]
    )


def _value(kind: str, value: Any, language: str, shelf: Shelf, key: UUID) -> Any:
    match kind:
        case "image":
            title = value.get("caption") or value["alt"]
            image = shelf.image(value["file"], language, title=title, alt=value["alt"])
            return {
                "image": image.pk,
                "alt": value["alt"],
                "decorative": False,
                "caption": value.get("caption", ""),
            }
        case "accordion" | "sources":
            return _items(value, key)
        case "table":
            return {
                "caption": value["caption"],
                "header": _items(value["header"], uuid5(key, "header")),
                "rows": _items(
                    [_items(row, uuid5(key, f"row {n}")) for n, row in enumerate(value["rows"])],
                    uuid5(key, "rows"),
                ),
                "first_column_is_header": True,
            }
        case "video":
            taken = shelf.video(value, language)
            return {
                "title": value["title"],
                "video": taken["file"],
                "poster": taken["poster"],
                "captions": taken["captions"],
                "transcript": value["transcript"],
            }
        case "download":
            document = shelf.document(value["file"], language, title=value["title"])
            return {
                "document": document.pk,
                "title": value["title"],
                "description": value.get("description", ""),
            }
        case "check":
            return _check(value, key)
        case "data_exercise":
            document = shelf.document(value["file"], language, title=plain(value["title"]))
            return {
                "title": value["title"],
                "intro": value["intro"],
                "data": document.pk,
                "chart": value["chart"]["kind"],
                "label_column": value["chart"]["label"],
                "value_column": value["chart"]["value"],
                "question": _check(value["question"], key),
            }
        case _:  # heading, text, callout
            return value


def _items(values: list, key: UUID) -> list[dict]:
    """The stored form of a list block, whose entries have ids too."""
    return [
        {"type": "item", "id": str(uuid5(key, str(index))), "value": value}
        for index, value in enumerate(values)
    ]


def _check(value: dict, key: UUID) -> dict:
    answer = value.get("answer") or {}
    return {
        "kind": value["kind"],
        "stem": value["stem"],
        "options": _items(value.get("options", []), uuid5(key, "options")),
        "value": answer.get("value"),
        "tolerance": answer.get("tolerance"),
        "unit": answer.get("unit", ""),
        "explanation": value["explanation"],
    }
