"""Shapes: what each value of a content file must look like.

A shape yields what is wrong with a value, a line each, beginning with the place it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any

LANGUAGES = ("en", "fr")

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
    "video": record(
        {"title": plain, "file": text, "poster": text, "captions": text, "transcript": RICH}
    ),
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

#: The parts of a question, by kind of block: what holds in every language, and what is said in each.
PARTS: dict[str, tuple[dict[str, Shape], Shape]] = {
    "option": ({"correct": boolean}, record({"text": plain, "feedback": plain})),
    "pair": ({}, record({"match": plain}, {"prompt": plain, "feedback": plain})),
    "step": ({}, record({"text": plain}, {"feedback": plain})),
    "accepted": ({"credit": number(0, 1)}, record({"text": plain, "feedback": plain})),
    "gap": (
        {"name": code, "kind": one_of("choice", "typed")},
        record({"answers": plain}, {"feedback": plain}),
    ),
    "unit": ({"factor": number(1e-9, 1e9)}, record({"unit": plain})),
}
#: The block of each kind of question.
BLOCK_OF = {
    "multiple": "option",
    "matching": "pair",
    "ordering": "step",
    "numeric": "unit",
    "short": "accepted",
    "cloze": "gap",
}
ANY_PART = mapping_of(lambda value, place: iter(()), 1, 12)
KIND_TEXT = record({"stem": STEM, "explanation": STEM, "parts": ANY_PART}, {"unit": plain})
KIND_FIELDS = record(
    {
        "code": code,
        "type": one_of(*BLOCK_OF),
        "competency": text,
        "level": LEVEL,
        "difficulty": number(-2.5, 2.5),
        "lesson": text,
        "parts": ANY_PART,
        "en": KIND_TEXT,
        "fr": KIND_TEXT,
    },
    {
        "scoring": one_of("all", "each", "penalty"),
        "value": record({"value": decimal, "tolerance": decimal}),
    },
)


def kind_item(value: Any, place: str) -> Iterator[str]:
    """A question of any kind: its parts are those of its type, and each language says all of them."""
    faults = list(KIND_FIELDS(value, place))
    yield from faults
    if faults:
        return
    block = BLOCK_OF[value["type"]]
    neutral, words = PARTS[block]
    for id, part in value["parts"].items():
        yield from record({"block": one_of(block), **neutral})(part, f"{place} parts {id}")
    for language in LANGUAGES:
        said = value[language]["parts"]
        if list(said) != list(value["parts"]):
            yield f"{place} {language}: parts are {list(said)}, {list(value['parts'])} above"
        for id, part in said.items():
            yield from words(part, f"{place} {language} parts {id}")
    if (value["type"] == "numeric") != ("value" in value):
        yield f"{place}: value is what a numeric question has, and no other"


KINDS = record({"bank": code, "title": BOTH, "items": list_of(kind_item)})
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
