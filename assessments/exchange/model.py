"""One question between two formats."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from academy.core.errors import AcademyError

KEPT, CHANGED, REFUSED = "kept", "changed", "refused"


class Unreadable(AcademyError):
    """The file as a whole cannot be taken, and why. Nothing was written."""


class RefusedItem(Exception):
    """One question cannot be taken: `what` stands in its way, and `why`."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(why)
        self.what, self.why = what, why


@dataclass(frozen=True)
class Note:
    """What became of one thing in the file: kept, changed or refused; `why` is a sentence."""

    severity: str
    what: str
    why: str


@dataclass(frozen=True)
class Media:
    """A picture that came with a question. `key` is the digest of its bytes."""

    name: str
    data: bytes = field(repr=False)

    @property
    def key(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:32]


@dataclass
class Part:
    """A part of a question, in the words of its block (`assessments.blocks`).

    `ident` is what the file calls it. While a reader is at work, the texts are markup; afterwards
    they are plain.
    """

    kind: str
    values: dict[str, Any]
    ident: str = ""


@dataclass
class Words:
    """The texts of a question in one language. `stem` and `explanation` are markup; `parts` are
    those of the question in the same order."""

    stem: str = ""
    parts: list[Part] = field(default_factory=list)
    explanation: str = ""
    unit: str = ""
    image_alt: str = ""


#: The values of a part that are words; the others are the same in every language.
TEXTS = {
    "option": ("text", "feedback"),
    "pair": ("prompt", "match", "feedback"),
    "step": ("text", "feedback"),
    "accepted": ("text", "feedback"),
    "gap": ("answers", "feedback"),
    "unit": ("unit",),
    "spot": ("label", "feedback"),
    "zone": ("label",),
    "token": ("text", "zone", "feedback"),
}


@dataclass
class ImportedItem:
    """One question. `kind` is the code of an item type; empty where the question was refused."""

    place: str = ""
    kind: str = ""
    title: str = ""
    source_id: str = ""
    language: str = ""
    words: dict[str, Words] = field(default_factory=dict)
    scoring: str = "all"
    numeric_value: str = ""
    numeric_tolerance: str = "0"
    word_limit: int | None = None
    image: str = ""
    code: str = ""
    competency: str = ""
    level: int | None = None
    difficulty: float | None = None
    status: str = ""
    tags: list[str] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    #: Finds a file that came with the question, by the address that its markup gives.
    find: Callable[[str], tuple[str, bytes] | None] = field(
        default=lambda src: None, repr=False, compare=False
    )
    notes: list[Note] = field(default_factory=list)

    @property
    def source(self) -> Words:
        """The texts in the language it was first written in."""
        return self.words.setdefault(self.language, Words())

    @property
    def is_refused(self) -> bool:
        return any(note.severity == REFUSED for note in self.notes)

    def note(self, severity: str, what: str, why: str) -> None:
        """Say it once, however often it occurs in the question."""
        note = Note(severity, str(what), str(why))
        if note not in self.notes:
            self.notes.append(note)

    def changed(self, what: str, why: str) -> None:
        self.note(CHANGED, what, why)

    def refuse(self, what: str, why: str) -> None:
        self.note(REFUSED, what, why)

    def add(self, kind: str, ident: str = "", /, **values: Any) -> None:
        """A part, in the first language."""
        self.source.parts.append(Part(kind, values, ident))

    def facts(self) -> dict:
        """All that makes the question what it is, without how it came here."""
        return {
            "kind": self.kind,
            "language": self.language,
            "words": {language: asdict(words) for language, words in sorted(self.words.items())},
            "scoring": self.scoring,
            "numeric_value": self.numeric_value,
            "numeric_tolerance": self.numeric_tolerance,
            "word_limit": self.word_limit,
            "image": self.image,
            "code": self.code,
            "competency": self.competency,
            "level": self.level,
            "difficulty": self.difficulty,
            "media": sorted(self.media),
        }

    def digest(self) -> str:
        """Two questions with the same digest are the same."""
        text = json.dumps(self.facts(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Reading:
    """What a file holds: its questions, and what it holds besides."""

    format: str
    items: list[ImportedItem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, severity: str, what: str, why: str) -> None:
        note = Note(severity, str(what), str(why))
        if note not in self.notes:
            self.notes.append(note)


def texts_of(words: Words) -> Iterator[str]:
    """Every text of a question in one language."""
    yield from (words.stem, words.explanation, words.unit, words.image_alt)
    for part in words.parts:
        for name in TEXTS.get(part.kind, ()):
            value = part.values.get(name, "")
            yield from value if isinstance(value, list) else [str(value)]


def merge_languages(items: list[ImportedItem]) -> list[ImportedItem]:
    """Questions of one source id and different languages are one question, if their parts agree."""
    merged: dict[str, ImportedItem] = {}
    result: list[ImportedItem] = []
    for item in items:
        first = merged.get(item.source_id) if item.source_id else None
        is_other_language = first and item.language and item.language not in first.words
        if first is None or not is_other_language or item.is_refused or first.is_refused:
            result.append(item)
            if item.source_id and not item.is_refused:
                merged.setdefault(item.source_id, item)
            continue
        shape = [(part.kind, part.ident) for part in first.source.parts]
        if item.kind != first.kind or shape != [
            (part.kind, part.ident) for part in item.source.parts
        ]:
            item.refuse(
                _("Language %(language)s") % {"language": item.language},
                _("Its parts are not those of the same question in the first language."),
            )
            result.append(item)
            continue
        first.words[item.language] = item.source
        first.media.update(item.media)
        for note in item.notes:
            first.note(note.severity, f"{note.what} ({item.language})", note.why)
    return result


def name_apart(items: list[ImportedItem]) -> None:
    """Give each question a source id of its own, the same whenever the file is read again."""
    seen: set[str] = set()
    for item in items:
        stem = item.words[item.language].stem if item.language in item.words else item.title
        own = hashlib.sha256(stem.encode()).hexdigest()[:16]
        name = item.source_id.strip()[:200] or f"text:{own}"
        if name in seen:
            name = f"{name}~{own}"
        number, base = 2, name
        while name in seen:
            name, number = f"{base}~{number}", number + 1
        seen.add(name)
        item.source_id = name
