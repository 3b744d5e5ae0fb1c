"""Knowledge checks of a lesson: finding one, reading an answer to it, and saying what it is worth."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from wagtail.blocks import StructValue

from academy.core.text import plain_text
from assessments.item_types.numeric import parse_number
from cms.models import LessonPage

#: What xAPI calls each kind of check (Data 2.4.4.1.s8).
INTERACTIONS = {"single": "choice", "multiple": "choice", "numeric": "numeric"}


@dataclass(frozen=True)
class Outcome:
    """An answer to a check. `given` is what was chosen (positions, as text) or written."""

    check: str
    given: list[str]
    is_right: bool = False
    error: str = ""

    @property
    def written(self) -> str:
        return self.given[0] if self.given else ""


def find_check(page: LessonPage, check: UUID) -> StructValue | None:
    """The check with this block id, standing alone or asked in a data exercise."""
    for block in page.body:
        if block.id == str(check):
            if block.block_type == "check":
                return block.value
            if block.block_type == "data_exercise":
                return block.value["question"]
    return None


def read_answer(check: UUID, question: StructValue, data: QueryDict) -> Outcome:
    """What the form, or the address, says was answered; with an error if that is no answer."""
    given = [text.strip()[:40] for text in data.getlist("answer")]
    given = [text for text in given if text]
    if question["kind"] == "numeric":
        return _read_number(check, question, given[:1])
    options = [str(index) for index, _option in enumerate(question["options"])]
    given = [option for option in options if option in given]
    if question["kind"] == "single":
        given = given[:1]
    if not given:
        return Outcome(str(check), [], error=_("Choose an answer."))
    return Outcome(str(check), given, is_right=given == _right_options(question))


def _read_number(check: UUID, question: StructValue, given: list[str]) -> Outcome:
    try:
        number = parse_number(given[0] if given else "")
    except ValueError as error:
        return Outcome(str(check), given, error=str(error))
    distance = abs(number - question["value"])
    return Outcome(str(check), given, is_right=distance <= (question["tolerance"] or Decimal(0)))


def _right_options(question: StructValue) -> list[str]:
    return [str(index) for index, option in enumerate(question["options"]) if option["correct"]]


def definition_of(question: StructValue, language: str) -> dict[str, Any]:
    """The check as an xAPI interaction, in the language it was read in (Data 2.4.4.1.s8)."""
    definition: dict[str, Any] = {
        "name": {language: plain_text(str(question["stem"]))},
        "interactionType": INTERACTIONS[question["kind"]],
    }
    if question["kind"] == "numeric":
        spread = question["tolerance"] or Decimal(0)
        low, high = question["value"] - spread, question["value"] + spread
        return {**definition, "correctResponsesPattern": [f"{low}[:]{high}"]}
    return {
        **definition,
        "choices": [
            {"id": str(index), "description": {language: option["text"]}}
            for index, option in enumerate(question["options"])
        ],
        "correctResponsesPattern": ["[,]".join(_right_options(question))],
    }


def response_of(question: StructValue, outcome: Outcome) -> str:
    """The answer in xAPI's notation (Data 2.4.4.1.s8)."""
    if question["kind"] == "numeric":
        return str(parse_number(outcome.written))
    return "[,]".join(outcome.given)
