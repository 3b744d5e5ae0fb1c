"""What every kind of question offers."""

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import QueryDict


@dataclass(frozen=True)
class Asked:
    """One question as one learner sees it: a frozen version, a language, and what chance drew.

    `document` is an `ItemVersion.content`; `order` holds the ids of what is shuffled, as drawn for
    the attempt; `seed` belongs to this question in this attempt alone, so that whatever is generated
    from it can be generated again.
    """

    document: dict
    language: str
    order: list[str] = field(default_factory=list)
    seed: str = ""
    answer: Any = None
    #: What was handed in with the answer so far: `{"uuid", "name", "size"}`, where its type takes files.
    files: list[dict] = field(default_factory=list)

    @property
    def words(self) -> dict:
        """The texts in the language; in another that was published where it is missing."""
        languages = self.document["languages"]
        return languages.get(self.language) or next(iter(languages.values()))

    def in_order(self, parts: list[dict]) -> list[dict]:
        """The parts (`{"id": …}`) in the order drawn; what the draw did not know comes last."""
        place = {key: number for number, key in enumerate(self.order)}
        return sorted(parts, key=lambda part: place.get(part["id"], len(place)))


class ItemType(ABC):
    """One kind of interaction (QTI: interaction). Stateless.

    An *answer* is the JSON kept in a Response; a *key* the JSON kept in an ItemVersion. Both hold
    ids, never words, except where words are what is asked for.
    """

    code: str
    label: str
    interaction: str  # xAPI cmi.interaction type
    #: The kinds of block that its `options` may hold (`assessments.blocks`).
    blocks: ClassVar[tuple[str, ...]] = ()
    #: The fields of ItemContent that only some kinds of question have, and this one has.
    fields: ClassVar[tuple[str, ...]] = ()
    #: What it takes to answer that not everybody has (`ItemBarrier`), whatever its author says.
    barriers: ClassVar[frozenset[str]] = frozenset()
    #: People mark it, with a rubric; it has no key.
    is_marked = False
    #: Its form sends files.
    takes_files = False
    #: The id of the first control of its form: an error leads to it.
    control = "answer"

    @property
    def place(self) -> str:
        """The field of the editor where its problem is said."""
        return "options" if self.blocks else self.fields[0]

    @property
    def template(self) -> str:
        """The partial that asks: gets `asked`, `words`, `error` and what `context` says."""
        return f"assessments/items/{self.code}.html"

    @property
    def explained_template(self) -> str:
        """The partial that explains a graded answer: gets what `explain` says."""
        return f"assessments/items/{self.code}_explained.html"

    # --- Authoring

    @abstractmethod
    def problem(self, content) -> str | None:
        """Why this content cannot be published, in words for its author; None when it can."""

    @abstractmethod
    def key(self, content) -> Any:
        """The scoring key of a content."""

    def settings(self, content) -> dict:
        """What else is frozen that does not depend on the language."""
        return {}

    def words(self, content) -> dict:
        """The texts of a content, beside its stem, explanation and unit. Lists of parts hold
        `{"id", …}`; a translation is frozen only when its parts are those of the source."""
        return {
            "options": [
                {"id": one.id, "text": one.value["text"], "feedback": one.value["feedback"]}
                for one in content.options
                if one.block_type == "option"
            ]
        }

    def part_ids(self, words: dict) -> dict[str, set]:
        """The ids of each list of parts: what a translation must have in common with its source."""
        return {
            name: {part["id"] for part in parts}
            for name, parts in words.items()
            if isinstance(parts, list)
        }

    def guessing(self, key: Any, words: dict) -> float:
        """The chance of a right answer by guessing: the 3PL's c."""
        return 0.0

    # --- Asking

    def order(self, words: dict, generator: random.Random) -> list[str]:
        """The ids of what is shuffled, in the order to show."""
        ids = [option["id"] for option in words.get("options", [])]
        generator.shuffle(ids)
        return ids

    def context(self, asked: Asked) -> dict:
        """What its template needs to ask, with the kept answer filled in."""
        return {}

    @abstractmethod
    def parse(self, data: QueryDict, asked: Asked) -> Any | None:
        """The answer in a submitted form (field `answer`), or None where nothing was answered.

        Raises `ValueError` with a sentence for the learner where the input cannot be an answer.
        """

    # --- Grading

    def key_for(self, asked: Asked) -> Any:
        """The key that this learner's answer is graded against."""
        return asked.document["key"]

    @abstractmethod
    def grade(self, key: Any, answer: Any) -> float:
        """The score, 0 to 1. An empty answer scores 0."""

    def told(self, words: dict) -> str:
        """The stem where it is not asked but told, as above an explanation."""
        return words["stem"]

    def explain(self, asked: Asked, *, whole: bool) -> dict:
        """What its explaining template needs; with the key only when `whole`."""
        return {}

    @abstractmethod
    def pattern(self, value: Any) -> str:
        """An answer or key as xAPI writes it (xAPI Data 2.4.4.1, response patterns)."""

    def response_pattern(self, asked: Asked) -> str:
        """The answer to this question as xAPI writes it."""
        return self.pattern(asked.answer)
