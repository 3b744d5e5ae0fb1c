"""Read and check the demo content. The format is described in content/README.md.

Pure Python and PyYAML: it runs before Django does. To check everything, or some of it:

    python academy/demo/content.py check
    python academy/demo/content.py check modules/finding-data
"""

from __future__ import annotations

import csv
import difflib
import itertools
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import yaml

CONTENT = Path(__file__).resolve().parent / "content"
FRAMEWORKS = Path(__file__).resolve().parent.parent / "competencies" / "frameworks"
LANGUAGES = ("en", "fr")

POSITION_SHARE = (0.15, 0.35)  # of four-option single-answer items, for each place of the key
POSITION_MINIMUM = 16  # such items, below which shares mean nothing
LENGTH_SHARE = 0.40  # of single-answer items, with the key the longest (or shortest) option
LENGTH_MINIMUM = 5
STEM_RATIO = 0.90  # above it two stems are the same question


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
    """An item in one language. A numeric item has no options."""

    stem: str
    options: tuple[Option, ...]
    explanation: str

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

    def data(self, name: str, language: str) -> Path:
        return localised(self.path / "data", name, language)


def localised(folder: Path, name: str, language: str) -> Path:
    """The file called `name`, in its version for `language` (name.fr.csv) where there is one."""
    path = folder / name
    own = path.with_name(f"{path.stem}.{language}{path.suffix}")
    return own if own.is_file() else path


# --- Shapes: what each value of a file must look like ----------------------------------------

Shape = Callable[[Any, str], Iterator[str]]

LESSON_TAGS = frozenset({"p", "h3", "ul", "ol", "li", "b", "i", "a"})
ITEM_TAGS = frozenset({"p", "ul", "ol", "li", "b", "i", "table", "tr", "th", "td"})
TAG = re.compile(r"</?[a-zA-Z][^>]*>")


def text(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: expected text (in quotes), found {value!r}"
    elif not value.strip():
        yield f"{place}: is empty"


def plain(value: Any, place: str) -> Iterator[str]:
    """Text without tags."""
    yield from text(value, place)
    if isinstance(value, str) and (tag := TAG.search(value)):
        yield f"{place}: plain text only, found {tag.group()}"


def unit(value: Any, place: str) -> Iterator[str]:
    """The unit of a number; empty where there is none."""
    if value != "":
        yield from plain(value, place)


def code(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9]+([-.][a-z0-9]+)*", value):
        yield f"{place}: expected a code such as finding-data, found {value!r}"


def https(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.startswith("https://"):
        yield f"{place}: expected an https:// address, found {value!r}"


def boolean(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{place}: expected true or false, found {value!r}"


def decimal(value: Any, place: str) -> Iterator[str]:
    """A number written as text, with a decimal point in both languages."""
    try:
        usable = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        usable = False
    if not usable:
        yield f'{place}: expected a number in quotes, such as "12.5", found {value!r}'


def number(least: float, most: float, whole: bool = False) -> Shape:
    wanted = int if whole else (int, float)

    def shape(value: Any, place: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, wanted) or not least <= value <= most:
            kind = "a whole number" if whole else "a number"
            yield f"{place}: expected {kind} from {least} to {most}, found {value!r}"

    return shape


def one_of(*allowed: str) -> Shape:
    def shape(value: Any, place: str) -> Iterator[str]:
        if value not in allowed:
            yield f"{place}: expected one of {', '.join(allowed)}, found {value!r}"

    return shape


def list_of(each: Shape, least: int = 1, most: int | None = None) -> Shape:
    def shape(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place}: expected a list, found {value!r}"
            return
        if len(value) < least or (most is not None and len(value) > most):
            upper = f" to {most}" if most is not None else " or more"
            yield f"{place}: expected {least}{upper} entries, found {len(value)}"
        for index, entry in enumerate(value, 1):
            yield from each(entry, f"{place} {entry_name(entry, index)}")

    return shape


def entry_name(entry: Any, index: int) -> str:
    """How to point at one entry of a list: by its code where it has one, a block by its kind."""
    if isinstance(entry, dict) and isinstance(entry.get("code"), str):
        return str(entry["code"])
    if isinstance(entry, dict) and len(entry) == 1:
        return f"{index} ({next(iter(entry))})"
    return str(index)


def mapping_of(each: Shape, least: int, most: int) -> Shape:
    def shape(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: expected entries with ids, found {value!r}"
            return
        if not least <= len(value) <= most:
            yield f"{place}: expected {least} to {most} entries, found {len(value)}"
        for id, entry in value.items():
            if not isinstance(id, str):
                yield f"{place}: the id {id!r} is not text"
            yield from each(entry, f"{place} {id}")

    return shape


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    fields = {**required, **(optional or {})}

    def shape(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: expected {', '.join(required)}, found {value!r}"
            return
        for name in required:
            if name not in value:
                yield f"{place}: {name} is missing"
        for name, entry in value.items():
            if name in fields:
                yield from fields[name](entry, f"{place} {name}")
            else:
                yield f"{place}: unknown key {name!r} (known: {', '.join(fields)})"

    return shape


def html(allowed: frozenset[str]) -> Shape:
    def shape(value: Any, place: str) -> Iterator[str]:
        yield from text(value, place)
        if isinstance(value, str):
            reader = TagReader(allowed)
            reader.feed(value)
            reader.close()
            yield from (f"{place}: {fault}" for fault in reader.faults())

    return shape


class TagReader(HTMLParser):
    """Notes tags outside the allowed ones, unexpected attributes, unclosed tags and bare text."""

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__()
        self.allowed = allowed
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.allowed:
            self.found.append(f"<{tag}> is not allowed (allowed: {' '.join(sorted(self.allowed))})")
        for name, value in attrs:
            if (tag, name) != ("a", "href"):
                self.found.append(f"the attribute {name} of <{tag}> is not allowed")
            elif not (value or "").startswith("https://"):
                self.found.append(f"the link {value!r} is not https")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.found.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.open:
            self.found.append(f"text outside a paragraph: {data.strip()[:40]!r}")

    def faults(self) -> list[str]:
        return self.found + [f"<{tag}> is not closed" for tag in self.open]


BOTH = record({"en": plain, "fr": plain})
ANSWER = record({"value": decimal, "tolerance": decimal}, {"unit": unit})
LEVEL = number(1, 8, whole=True)
MINUTES = number(1, 600, whole=True)
RICH = html(LESSON_TAGS)
STEM = html(ITEM_TAGS)

ITEM_OPTIONS = mapping_of(record({"text": plain, "feedback": plain}), 3, 5)
ITEM_TEXT = record({"stem": STEM, "explanation": STEM}, {"options": ITEM_OPTIONS})
ITEM_FIELDS = record(
    {
        "code": code,
        "type": one_of("single", "multiple", "numeric"),
        "competency": text,
        "level": LEVEL,
        "difficulty": number(-2.5, 2.5),
        "en": ITEM_TEXT,
        "fr": ITEM_TEXT,
    },
    {"lesson": code, "key": list_of(text), "answer": ANSWER},
)

CHECK_OPTION = record({"text": plain, "correct": boolean, "feedback": plain})
CHECK_FIELDS = record(
    {"kind": one_of("single", "multiple", "numeric"), "stem": RICH, "explanation": RICH},
    {"options": list_of(CHECK_OPTION, 2, 6), "answer": ANSWER},
)


def item(value: Any, place: str) -> Iterator[str]:
    """An item has what its type calls for: a key among its options, or an answer."""
    yield from ITEM_FIELDS(value, place)
    if not isinstance(value, dict):
        return
    texts = {name: value[name] for name in LANGUAGES if isinstance(value.get(name), dict)}
    if value.get("type") == "numeric":
        if "key" in value:
            yield f"{place}: a numeric item has no key"
        for name, entry in texts.items():
            if "options" in entry:
                yield f"{place} {name}: a numeric item has no options"
        if "answer" not in value:
            yield f"{place}: answer is missing"
        return
    if "answer" in value:
        yield f"{place}: answer belongs to numeric items only"
    key = value.get("key")
    if not isinstance(key, list):
        yield f"{place}: key is missing"
        return
    yield from right_count(str(value.get("type")), len(key), place)
    for name, entry in texts.items():
        options = entry.get("options")
        if not isinstance(options, dict):
            yield f"{place} {name}: options is missing"
            continue
        for id in key:
            if id not in options:
                yield f"{place} {name}: key names the option {id!r}, which is not there"


def check(value: Any, place: str) -> Iterator[str]:
    """A knowledge check of a lesson."""
    yield from CHECK_FIELDS(value, place)
    if not isinstance(value, dict):
        return
    wanted, other = "options", "answer"
    if value.get("kind") == "numeric":
        wanted, other = other, wanted
    if wanted not in value:
        yield f"{place}: {wanted} is missing"
    if other in value:
        yield f"{place}: {other} does not go with kind {value.get('kind')!r}"
    options = value.get("options")
    if wanted == "options" and isinstance(options, list):
        right = sum(isinstance(o, dict) and o.get("correct") is True for o in options)
        yield from right_count(str(value.get("kind")), right, place)


def right_count(kind: str, right: int, place: str) -> Iterator[str]:
    if kind == "single" and right != 1:
        yield f"{place}: a single-answer question has one right option, found {right}"
    if kind == "multiple" and right < 2:
        yield f"{place}: a multiple-answer question has two right options or more, found {right}"


def table(value: Any, place: str) -> Iterator[str]:
    fields = {"caption": plain, "header": list_of(plain), "rows": list_of(list_of(text))}
    faults = list(record(fields)(value, place))
    yield from faults
    if not faults:
        for index, row in enumerate(value["rows"], 1):
            if len(row) != len(value["header"]):
                yield f"{place} rows {index}: {len(row)} cells under {len(value['header'])} headers"


BLOCKS: dict[str, Shape] = {
    "heading": plain,
    "text": RICH,
    "image": record({"file": text, "alt": plain}, {"caption": plain}),
    "callout": record(
        {"kind": one_of("note", "tip", "warning", "example"), "title": plain, "body": RICH}
    ),
    "accordion": list_of(record({"title": plain, "body": RICH})),
    "table": table,
    "download": record({"file": text, "title": plain}, {"description": plain}),
    "check": check,
    "data_exercise": record(
        {
            "title": plain,
            "intro": text,
            "file": text,
            "chart": record({"kind": one_of("bar", "line"), "label": plain, "value": plain}),
            "question": check,
        }
    ),
    "sources": list_of(record({"title": plain, "url": https, "date": plain})),
}


def block(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict) or len(value) != 1:
        yield f"{place}: expected one block, 'kind: …' (check the indentation), found {value!r:.80}"
        return
    kind, content = next(iter(value.items()))
    if kind in BLOCKS:
        yield from BLOCKS[kind](content, place)
    else:
        yield f"{place}: unknown block {kind!r} (known: {', '.join(BLOCKS)})"


BANK = record({"bank": code, "title": BOTH, "items": list_of(item)})
LESSON = record({"title": plain, "summary": plain, "minutes": MINUTES, "blocks": list_of(block)})
MODULE = record(
    {
        "code": code,
        "title": BOTH,
        "summary": BOTH,
        "outcome": BOTH,
        "measured_by": BOTH,
        "minutes": MINUTES,
        "teaches": list_of(record({"competency": text, "level": LEVEL})),
        "lessons": list_of(code),
    }
)


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
    for top in ("modules", "placement"):
        if top in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(top) :])
    return path.name


def read(path: Path, shape: Shape) -> Any:
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
    data = read(path, BANK)
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
    data = read(path, LESSON)
    blocks = tuple(Block(kind, value) for entry in data["blocks"] for kind, value in entry.items())
    return Lesson(path, slug, language, data["title"], data["summary"], data["minutes"], blocks)


def load_module(code: str, root: Path = CONTENT) -> Module:
    """A module with its lessons in both languages and its bank."""
    path = root / "modules" / code
    data = read(path / "module.yaml", MODULE)
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


# --- Checking --------------------------------------------------------------------------------


Levels = dict[str, set[int]]  # competency id → its framework's levels
T = TypeVar("T")


def problems(root: Path = CONTENT, frameworks: Path = FRAMEWORKS) -> list[str]:
    """Everything wrong with the content, a line each, file first."""
    found: list[str] = []
    levels = framework_levels(frameworks)
    banks: list[Bank] = []
    for name in module_codes(root):
        banks += _check_module(root / "modules" / name, levels, found)
    for path in sorted((root / "placement").glob("*.yaml")):
        if bank := attempt(found, partial(load_bank, path)):
            found += placement_problems(bank)
            banks.append(bank)
    for bank in banks:
        found += bank_problems(bank, levels)
    found += duplicate_codes(banks)
    found += duplicate_stems(banks)
    return found


def attempt(found: list[str], load: Callable[[], T]) -> T | None:
    """What `load` returns, or nothing and its problems noted."""
    try:
        return load()
    except ContentError as error:
        found += error.problems
        return None


def _check_module(path: Path, levels: Levels, found: list[str]) -> list[Bank]:
    """Note a module's problems; return its bank, when it can be read."""
    data = attempt(found, partial(read, path / "module.yaml", MODULE))
    bank = attempt(found, partial(load_bank, path / "items.yaml"))
    slugs: list[str] = data["lessons"] if data else []
    if data:
        place = f"{relative(path)}/module.yaml"
        if data["code"] != path.name:
            found.append(f"{place}: the code {data['code']!r} is not the folder's name")
        for entry in data["teaches"]:
            found += competency_problems(entry["competency"], entry["level"], levels, place)
        found += unlisted_lessons(path, slugs)
    for slug in slugs:
        pair = [attempt(found, partial(load_lesson, path, slug, n)) for n in LANGUAGES]
        for lesson in pair:
            if lesson:
                found += lesson_problems(lesson, path)
        if pair[0] and pair[1]:
            found += pair_problems(pair[0], pair[1])
    if bank and data:
        found += lesson_references(bank, slugs)
    return [bank] if bank else []


def unlisted_lessons(module: Path, slugs: list[str]) -> Iterator[str]:
    expected = {f"{slug}.{language}.yaml" for slug in slugs for language in LANGUAGES}
    for path in sorted((module / "lessons").glob("*")):
        if path.name not in expected:
            yield f"{relative(path)}: not in the lessons of module.yaml"


def lesson_references(bank: Bank, slugs: list[str]) -> Iterator[str]:
    for item in bank.items:
        if item.lesson not in slugs:
            fault = f"{item.lesson!r} is not in module.yaml" if item.lesson else "is missing"
            yield f"{relative(bank.path)}: {item.code}: lesson {fault}"


def placement_problems(bank: Bank) -> Iterator[str]:
    place = relative(bank.path)
    for item in bank.items:
        if item.competency.replace(":", "-") != bank.path.stem:
            yield f"{place}: {item.code}: competency {item.competency!r} is not the file's"
        if item.lesson:
            yield f"{place}: {item.code}: a placement item names no lesson"


# Lessons: files, and the two languages side by side.


def lesson_problems(lesson: Lesson, module: Path) -> Iterator[str]:
    place = relative(lesson.path)
    kinds = [block.kind for block in lesson.blocks]
    if kinds[-1] != "sources" or kinds.count("sources") != 1:
        yield f"{place}: sources comes once, as the last block"
    for index, entry in enumerate(lesson.blocks, 1):
        where = f"{place}: blocks {index} ({entry.kind})"
        folder = {"image": "images", "download": "data", "data_exercise": "data"}.get(entry.kind)
        if folder is None:
            continue
        path = localised(module / folder, entry.value["file"], lesson.language)
        if not path.is_file():
            yield f"{where}: the file {folder}/{entry.value['file']} is missing"
        elif entry.kind == "data_exercise":
            yield from exercise_problems(entry.value, path, where)


def exercise_problems(value: dict[str, Any], path: Path, place: str) -> Iterator[str]:
    """The data of an exercise is small, rectangular, and has the columns that its chart names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if not 2 <= len(header) <= 4:
        yield f"{place}: {path.name} has {len(header)} columns, not 2 to 4"
    if not 1 <= len(rows) <= 15:
        yield f"{place}: {path.name} has {len(rows)} rows, not 1 to 15"
    if any(len(row) != len(header) for row in rows):
        yield f"{place}: {path.name} has rows longer or shorter than its header"
        return
    chart = value["chart"]
    if header and chart["label"] != header[0]:
        yield f"{place}: chart label {chart['label']!r} is not the first header of {path.name}"
    if chart["value"] not in header[1:]:
        yield f"{place}: chart value {chart['value']!r} is not among the headers {header[1:]}"
        return
    column = header.index(chart["value"])
    for index, row in enumerate(rows, 1):
        yield from decimal(row[column], f"{place}: {path.name} row {index}")


def pair_problems(en: Lesson, fr: Lesson) -> Iterator[str]:
    """Where the French lesson is not built like the English one."""
    place = relative(fr.path)
    if en.minutes != fr.minutes:
        yield f"{place}: minutes is {fr.minutes}, {en.minutes} in English"
    for index, (ours, theirs) in enumerate(itertools.zip_longest(fr.blocks, en.blocks), 1):
        if ours is None or theirs is None or ours.kind != theirs.kind:
            here, there = (b.kind if b else "nothing" for b in (ours, theirs))
            counts = f"{len(fr.blocks)} blocks, {len(en.blocks)} in English"
            yield f"{place}: blocks {index} is {here}, {there} in English ({counts})"
            return  # the rest would only repeat it
        mine, other = skeleton(ours), skeleton(theirs)
        for name in mine:
            if mine[name] != other.get(name):
                here, there = mine[name], other.get(name)
                yield f"{place}: blocks {index} ({ours.kind}): {name} is {here}, {there} in English"


def skeleton(block: Block) -> dict[str, Any]:
    """What a block must have in common with its translation."""
    value = block.value
    match block.kind:
        case "accordion" | "sources":
            return {"entries": len(value)}
        case "table":
            return {"columns": len(value["header"]), "rows": len(value["rows"])}
        case "image" | "download":
            return {"file": unlocalised(value["file"]), "keys": sorted(value)}
        case "callout":
            return {"kind": value["kind"]}
        case "check":
            return check_skeleton(value)
        case "data_exercise":
            chart = {"file": unlocalised(value["file"]), "chart kind": value["chart"]["kind"]}
            return chart | check_skeleton(value["question"])
        case _:
            return {}


def check_skeleton(value: dict[str, Any]) -> dict[str, Any]:
    answer = value.get("answer") or {}
    return {
        "kind": value["kind"],
        "correct": [option["correct"] for option in value.get("options", [])],
        "answer": (answer.get("value"), answer.get("tolerance")),
    }


def unlocalised(name: str) -> str:
    return re.sub(r"\.(en|fr)(?=\.\w+$)", "", name)


# Banks: structure, then habits that would give the key away.

BANNED = re.compile(
    r"\b(all|none|any) of (the above|these answers)\b|\b(toutes|aucune de) (ces|les) réponses\b"
    r"|\b(tout|toutes|aucune?) (de )?ce qui précède\b|\b(both|les deux) [a-e] (and|et) [a-e]\b",
    re.IGNORECASE,
)


def bank_problems(bank: Bank, levels: Levels) -> Iterator[str]:
    place = relative(bank.path)
    for entry in bank.items:
        where = f"{place}: {entry.code}"
        yield from competency_problems(entry.competency, entry.level, levels, where)
        ids = {language: [o.id for o in entry.text(language).options] for language in LANGUAGES}
        if ids["en"] != ids["fr"]:
            yield f"{where}: options are {ids['en']} in English, {ids['fr']} in French"
        for language in LANGUAGES:
            yield from option_problems(entry.text(language), f"{where} {language}")
    yield from position_problems(bank)
    for language in LANGUAGES:
        yield from length_problems(bank, language)


def option_problems(text: ItemText, place: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for option in text.options:
        if BANNED.search(option.text):
            yield f"{place}: option {option.id} refers to the other options: {option.text!r}"
        same = seen.setdefault(normalised(option.text), option.id)
        if same != option.id:
            yield f"{place}: options {same} and {option.id} say the same"


def position_problems(bank: Bank) -> Iterator[str]:
    """Each place holds the key often enough, and none too often."""
    four = [i for i in bank.items if i.type == "single" and len(i.en.options) == 4]
    if len(four) < POSITION_MINIMUM:
        return
    used = Counter([o.id for o in i.en.options].index(i.key[0]) for i in four)
    least, most = POSITION_SHARE
    for position in range(4):
        share = used[position] / len(four)
        if not least <= share <= most:
            yield (
                f"{relative(bank.path)}: option {position + 1} of 4 is the key of {used[position]} "
                f"of {len(four)} single-answer items, {share:.0%} (from {least:.0%} to {most:.0%})"
            )


def length_problems(bank: Bank, language: str) -> Iterator[str]:
    """The length of an option says nothing of whether it is the key."""
    single = [i for i in bank.items if i.type == "single"]
    if len(single) < LENGTH_MINIMUM:
        return
    for word, sign in (("longest", 1), ("shortest", -1)):
        codes = [i.code for i in single if stands_out(i, language, sign)]
        share = len(codes) / len(single)
        if share > LENGTH_SHARE:
            yield (
                f"{relative(bank.path)}: {language}: the key is the {word} option in {len(codes)} "
                f"of {len(single)} single-answer items, {share:.0%} "
                f"(at most {LENGTH_SHARE:.0%}): {', '.join(codes)}"
            )


def stands_out(item: Item, language: str, sign: int) -> bool:
    """Whether the key is longer (sign 1) or shorter (-1) than every other option."""
    text = item.text(language)
    key = sign * len(text.option(item.key[0]).text)
    return all(key > sign * len(o.text) for o in text.options if o.id != item.key[0])


def duplicate_codes(banks: list[Bank]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for bank in banks:
        place = relative(bank.path)
        for what in [f"bank {bank.code}", *(f"item {item.code}" for item in bank.items)]:
            if what in seen:
                yield f"{place}: {what} is already in {seen[what]}"
            seen.setdefault(what, place)


def duplicate_stems(banks: list[Bank]) -> Iterator[str]:
    """Pairs of items, over all banks, that ask the same in (nearly) the same words."""
    for language in LANGUAGES:
        stems = [
            (f"{relative(bank.path)}: {item.code}", normalised(item.text(language).stem))
            for bank in banks
            for item in bank.items
        ]
        for (other, theirs), (place, ours) in itertools.combinations(stems, 2):
            if (ratio := likeness(ours, theirs)) > STEM_RATIO:
                yield f"{place} {language}: the stem is that of {other} ({ratio:.0%} alike)"


def normalised(text: str) -> str:
    """Text without tags, accents, punctuation or case."""
    bare = unicodedata.normalize("NFKD", TAG.sub(" ", text)).casefold()
    letters = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", letters))


def likeness(a: str, b: str) -> float:
    """difflib's ratio, or 0 where its cheap upper bounds already rule out a duplicate."""
    if a == b:
        return 1.0
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    for bound in (matcher.real_quick_ratio, matcher.quick_ratio):
        if bound() <= STEM_RATIO:
            return 0.0
    return matcher.ratio()


# Competencies.


def framework_levels(folder: Path = FRAMEWORKS) -> Levels:
    """Every competency of the frameworks, e.g. digcomp-2.2:1.2; empty without the folder."""
    found: Levels = {}
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        levels = {level["num"] for level in data["levels"]}
        for area in data["areas"]:
            for competency in area["competencies"]:
                found[f"{data['code']}:{competency['code']}"] = levels
    return found


def competency_problems(competency: str, level: int, levels: Levels, place: str) -> Iterator[str]:
    if not levels:
        return
    if competency not in levels:
        yield f"{place}: unknown competency {competency!r}"
    elif level not in levels[competency]:
        yield f"{place}: {competency} has no level {level}"


def main(arguments: list[str]) -> int:
    """`check [words…]`: print the problems, or those that mention one of the words."""
    if arguments[:1] != ["check"]:
        print(__doc__)
        return 2
    words = arguments[1:]
    found = [line for line in problems() if not words or any(word in line for word in words)]
    for line in found:
        print(line)
    banks = [*(CONTENT / "modules").glob("*/items.yaml"), *(CONTENT / "placement").glob("*.yaml")]
    print(f"{len(found)} problems ({len(module_codes())} modules, {len(banks)} banks)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
