"""The demo content, read. Its format is described in content/README.md.

Pure Python and PyYAML. `academy.demo.shapes` says what a file must look like; `academy.demo.checker`
checks what only shows when files are seen together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from academy.demo import shapes

CONTENT = Path(__file__).resolve().parent / "content"
FRAMEWORKS = Path(__file__).resolve().parent.parent / "competencies" / "frameworks"
LANGUAGES = shapes.LANGUAGES


class ContentError(Exception):
    """Content that cannot be read; each problem names its file and place."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


# --- What the content is ---------------------------------------------------------------------


@dataclass(frozen=True)
class Bilingual:
    """A short text in both languages."""

    en: str
    fr: str

    def __getitem__(self, language: str) -> str:
        return {"en": self.en, "fr": self.fr}[language]


@dataclass(frozen=True)
class Answer:
    """A numeric answer: right when within `tolerance` of `value`."""

    value: Decimal
    tolerance: Decimal
    unit: str = ""


@dataclass(frozen=True)
class Option:
    id: str
    text: str
    feedback: str


@dataclass(frozen=True)
class ItemText:
    """An item in one language. A numeric item has no options.

    `parts` holds what is said of the parts of a question of any kind, by their ids.
    """

    stem: str
    options: tuple[Option, ...]
    explanation: str
    unit: str = ""
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    def option(self, id: str) -> Option:
        return next(option for option in self.options if option.id == id)


@dataclass(frozen=True)
class Item:
    code: str
    type: str
    competency: str
    level: int
    difficulty: float
    lesson: str | None
    key: tuple[str, ...]
    answer: Answer | None
    en: ItemText
    fr: ItemText
    scoring: str = "all"
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self, language: str) -> ItemText:
        return {"en": self.en, "fr": self.fr}[language]


@dataclass(frozen=True)
class Bank:
    path: Path
    code: str
    title: Bilingual
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Block:
    """One block of a lesson: its kind and its value, as plain data that fits the format."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Lesson:
    path: Path
    slug: str
    language: str
    title: str
    summary: str
    minutes: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Teaches:
    competency: str
    level: int


@dataclass(frozen=True)
class Module:
    path: Path
    code: str
    title: Bilingual
    summary: Bilingual
    outcome: Bilingual
    measured_by: Bilingual
    minutes: int
    teaches: tuple[Teaches, ...]
    lessons: tuple[str, ...]
    en: tuple[Lesson, ...]
    fr: tuple[Lesson, ...]
    bank: Bank

    def in_language(self, language: str) -> tuple[Lesson, ...]:
        return {"en": self.en, "fr": self.fr}[language]

    def image(self, name: str, language: str) -> Path:
        return localised(self.path / "images", name, language)

    def video(self, name: str, language: str) -> Path:
        return localised(self.path / "videos", name, language)

    def data(self, name: str, language: str) -> Path:
        return localised(self.path / "data", name, language)


def localised(folder: Path, name: str, language: str) -> Path:
    """The file called `name`, in its version for `language` (name.fr.csv) where there is one."""
    path = folder / name
    own = path.with_name(f"{path.stem}.{language}{path.suffix}")
    return own if own.is_file() else path


# --- Reading ---------------------------------------------------------------------------------


class StrictLoader(yaml.SafeLoader):
    """Refuses a key written twice, which YAML would otherwise overwrite in silence."""


def _mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            fault = f"the key {key!r} is written twice"
            raise yaml.constructor.ConstructorError(None, None, fault, key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def relative(path: Path) -> str:
    """A path as messages show it: from the content folder down."""
    parts = path.parts
    for top in ("modules", "placement", "kinds"):
        if top in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(top) :])
    return path.name


def read(path: Path, shape: shapes.Shape) -> Any:
    """The data in a YAML file, once it fits its shape."""
    place = relative(path)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise ContentError([f"{place}: the file is missing"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise ContentError([f"{place}{line}: {getattr(error, 'problem', error)}"]) from error
    faults = list(shape(data, f"{place}:"))
    if faults:
        raise ContentError(fault.replace(":: ", ": ", 1) for fault in faults)
    return data


def load_bank(path: Path) -> Bank:
    data = read(path, shapes.BANK)
    return Bank(path, data["bank"], Bilingual(**data["title"]), tuple(map(_item, data["items"])))


def _item(data: dict[str, Any]) -> Item:
    return Item(
        code=data["code"],
        type=data["type"],
        competency=data["competency"],
        level=data["level"],
        difficulty=float(data["difficulty"]),
        lesson=data.get("lesson"),
        key=tuple(data.get("key", ())),
        answer=_answer(data["answer"]) if "answer" in data else None,
        en=_item_text(data["en"]),
        fr=_item_text(data["fr"]),
    )


def _answer(data: dict[str, str]) -> Answer:
    return Answer(Decimal(data["value"]), Decimal(data["tolerance"]), data.get("unit", ""))


def _item_text(data: dict[str, Any]) -> ItemText:
    options = (Option(id, o["text"], o["feedback"]) for id, o in data.get("options", {}).items())
    return ItemText(data["stem"], tuple(options), data["explanation"])


def load_lesson(module: Path, slug: str, language: str) -> Lesson:
    path = module / "lessons" / f"{slug}.{language}.yaml"
    data = read(path, shapes.LESSON)
    blocks = tuple(Block(kind, value) for entry in data["blocks"] for kind, value in entry.items())
    return Lesson(path, slug, language, data["title"], data["summary"], data["minutes"], blocks)


def load_module(code: str, root: Path = CONTENT) -> Module:
    """A module with its lessons in both languages and its bank."""
    path = root / "modules" / code
    data = read(path / "module.yaml", shapes.MODULE)
    return Module(
        path=path,
        code=data["code"],
        title=Bilingual(**data["title"]),
        summary=Bilingual(**data["summary"]),
        outcome=Bilingual(**data["outcome"]),
        measured_by=Bilingual(**data["measured_by"]),
        minutes=data["minutes"],
        teaches=tuple(Teaches(**entry) for entry in data["teaches"]),
        lessons=tuple(data["lessons"]),
        en=tuple(load_lesson(path, slug, "en") for slug in data["lessons"]),
        fr=tuple(load_lesson(path, slug, "fr") for slug in data["lessons"]),
        bank=load_bank(path / "items.yaml"),
    )


def module_codes(root: Path = CONTENT) -> list[str]:
    folder = root / "modules"
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def load_modules(root: Path = CONTENT) -> list[Module]:
    return [load_module(code, root) for code in module_codes(root)]


def load_placement_banks(root: Path = CONTENT) -> list[Bank]:
    return [load_bank(path) for path in sorted((root / "placement").glob("*.yaml"))]


def load_kinds_bank(root: Path = CONTENT) -> Bank | None:
    """The bank with one question of each kind, where there is one."""
    path = root / "kinds" / "items.yaml"
    if not path.is_file():
        return None
    data = read(path, shapes.KINDS)
    items = tuple(map(_kind_item, data["items"]))
    return Bank(path, data["bank"], Bilingual(**data["title"]), items)


def _kind_item(data: dict[str, Any]) -> Item:
    texts = {
        language: ItemText(
            stem=data[language]["stem"],
            options=(),
            explanation=data[language]["explanation"],
            unit=data[language].get("unit", ""),
            parts=data[language]["parts"],
        )
        for language in LANGUAGES
    }
    return Item(
        code=data["code"],
        type=data["type"],
        competency=data["competency"],
        level=data["level"],
        difficulty=float(data["difficulty"]),
        lesson=data["lesson"],
        key=(),
        answer=_answer(data["value"]) if "value" in data else None,
        scoring=data.get("scoring", "all"),
        parts=data["parts"],
        **texts,
    )
