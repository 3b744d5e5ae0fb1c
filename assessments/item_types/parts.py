"""Questions whose answer has parts, and how the parts add up (`ItemScoring`)."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from assessments.item_types.base import Asked, ItemType

ALL, EACH, PENALTY = "all", "each", "penalty"


@dataclass(frozen=True)
class Keyed:
    """A key with what grading needs beside it: the rule, and the ids of all parts."""

    key: Any
    scoring: str = ALL
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: Any) -> "Keyed":
        """A bare key is graded all or nothing."""
        return key if isinstance(key, cls) else cls(key)


def points(scoring: str, *, right: int, wrong: int, parts: int) -> float:
    """The score of an answer of which so many parts are right and wrong; the others are empty.

    - `all`: 1 when every part is right, else 0 (QTI 3: the response processing template
      match_correct).
    - `each`: the share of the parts that are right (QTI 3: map_response, the values adding up to 1).
    - `penalty`: the share that is right less the share that is wrong, never below 0 (QTI 3:
      map_response with negative values and lower-bound 0). What is left empty costs nothing.
    """
    if scoring == EACH:
        return right / parts
    if scoring == PENALTY:
        return max(0, right - wrong) / parts
    return float(right == parts and not wrong)


class InParts(ItemType):
    """A kind of question whose author chooses how its parts add up.

    The 3PL's c is the chance of an answer that is right as a whole, whatever the rule: the model
    knows right and wrong only.
    """

    def settings(self, content) -> dict:
        """All or nothing is what a version means that says nothing."""
        return {} if content.scoring == ALL else {"scoring": content.scoring}

    @abstractmethod
    def part_list(self, asked: Asked) -> list[dict]:
        """The parts that are decided one by one."""

    def key_for(self, asked: Asked) -> Keyed:
        return Keyed(
            key=asked.document["key"],
            scoring=asked.document.get("settings", {}).get("scoring", ALL),
            parts=tuple(part["id"] for part in self.part_list(asked)),
        )
