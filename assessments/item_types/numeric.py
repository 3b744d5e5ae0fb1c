"""A number, right within a tolerance."""

import re
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assessments.item_types.base import Asked, ItemType

_ENGLISH_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_LARGEST = Decimal("1e15")
#: How a form names the question's own unit.
_OWN = "own"


def parse_number(text: str) -> Decimal:
    """A number as people write it: "1 234,5", "1234.5", "-3"; raises `ValueError` otherwise.

    A lone comma is the decimal mark, as in French; with both marks, the last one is.
    """
    digits = text.strip().translate(_SPACES).replace("−", "-")
    if "," in digits and "." in digits:
        thousands = "," if digits.rfind(".") > digits.rfind(",") else "."
        digits = digits.replace(thousands, "")
    try:
        number = Decimal(
            digits.replace(",", ".").replace("_", "?")
        )  # Python's "1_000" is no number
    except InvalidOperation as error:
        raise ValueError(_("Write a number, such as 12.5.")) from error
    if not number.is_finite() or not -_LARGEST <= number <= _LARGEST:
        raise ValueError(_("Write a number, such as 12.5."))
    return number


class Numeric(ItemType):
    """Right when it is within the tolerance, ends included, of the value in the question's unit.

    Where other units are accepted (`unit` blocks), the answer is {"value": text, "unit": id}, the
    id empty for the question's own; else the text alone. A unit may also be typed after the number.
    """

    code = "numeric"
    label = gettext_lazy("number")
    interaction = "numeric"
    blocks: ClassVar = ("unit",)
    fields: ClassVar = ("numeric_value", "numeric_tolerance", "unit")
    place = "numeric_value"

    def _units(self, content) -> list:
        return [one for one in content.options if one.block_type == "unit"]

    def problem(self, content):
        if content.numeric_value is None:
            return _("Give the correct value.")
        if content.numeric_tolerance is not None and content.numeric_tolerance < 0:
            return _("The tolerance cannot be negative.")
        units = self._units(content)
        if units and not content.unit.strip():
            return _("Give the unit of the correct value: others are converted to it.")
        names = [content.unit.strip(), *(one.value["unit"].strip() for one in units)]
        if len(set(names)) != len(names):
            return _("Two units are the same.")
        if not all(_is_factor(one.value["factor"]) for one in units):
            return _("The factor of a unit must be greater than 0.")
        return None

    def key(self, content):
        units = self._units(content)
        return {
            "value": str(content.numeric_value.normalize()),
            "tolerance": str((content.numeric_tolerance or Decimal(0)).normalize()),
            **({"units": {one.id: str(one.value["factor"]) for one in units}} if units else {}),
        }

    def words(self, content):
        units = [{"id": one.id, "text": one.value["unit"]} for one in self._units(content)]
        return {"options": [], **({"units": units} if units else {})}

    def order(self, words, generator):
        return []

    def context(self, asked):
        value, unit = _parts(asked.answer)
        return {
            "value": value,
            "units": [
                {**one, "selected": asked.answer is not None and one["id"] == unit}
                for one in _choices(asked)
            ],
        }

    def explain(self, asked, *, whole):
        value, unit = _parts(asked.answer)
        texts = {one["id"]: one["text"] for one in _choices(asked)}
        return {
            "answer": value,
            "answer_unit": texts.get(unit, ""),
            "value": asked.document["key"]["value"] if whole else None,
        }

    def parse(self, data, asked):
        text = (data.get("answer") or "").strip()
        if len(text) > 60:
            raise ValueError(_("Write a number, such as 12.5."))
        if not text:
            return None
        choices = _choices(asked)
        text, typed = _without_unit(text, choices, asked.words.get("unit", ""))
        if (get_language() or "").startswith("en") and _ENGLISH_THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        parse_number(text)
        if not choices:
            return text
        unit = data.get("answer-unit") or typed
        if typed not in (None, unit):
            raise ValueError(_("You wrote one unit and chose another. Use one of them."))
        if unit is None:
            raise ValueError(_("Choose the unit of your number."))
        if unit not in {one["value"] for one in choices}:
            raise ValueError(_("Choose from the lists."))
        return {"value": text, "unit": "" if unit == _OWN else unit}

    def grade(self, key, answer):
        text, unit = _parts(answer)
        if not text:
            return 0.0
        factor = Decimal(key.get("units", {}).get(unit, "1"))
        distance = abs(parse_number(text) * factor - Decimal(key["value"]))
        return float(distance <= Decimal(key["tolerance"]))

    def pattern(self, value):
        if isinstance(value, dict) and "tolerance" in value:
            middle, spread = Decimal(value["value"]), Decimal(value["tolerance"])
            return f"{middle - spread}[:]{middle + spread}"
        text, _unit = _parts(value)
        return str(parse_number(text)) if text else ""

    def response_pattern(self, asked):
        """The number in the question's own unit."""
        text, unit = _parts(asked.answer)
        factor = asked.document["key"].get("units", {}).get(unit)
        if not text or factor is None:
            return self.pattern(asked.answer)
        return f"{(parse_number(text) * Decimal(factor)).normalize():f}"


def _is_factor(factor: float) -> bool:
    return factor is not None and 0 < factor < float(_LARGEST)


def _parts(answer) -> tuple[str, str]:
    """The number as written, and the id of its unit."""
    if isinstance(answer, dict):
        return answer["value"], answer["unit"]
    return answer or "", ""


def _choices(asked: Asked) -> list[dict]:
    """The units to choose from, the question's own first; none where there is no choice."""
    others = asked.words.get("units", [])
    if not others:
        return []
    own = {"id": "", "text": asked.words["unit"], "value": _OWN}
    return [own, *({**one, "value": one["id"]} for one in others)]


def _without_unit(text: str, choices: list[dict], own: str) -> tuple[str, str | None]:
    """A number without the unit typed after it, and the value of that unit."""
    named = [(one["text"].strip(), one["value"]) for one in choices] or [(own.strip(), _OWN)]
    for same in (str, str.casefold):  # 5 Mb is not 5 mb, unless only one of them is there
        for unit, value in sorted(named, key=lambda one: -len(one[0])):
            if unit and same(text).endswith(same(unit)):
                return text[: len(text) - len(unit)].strip(), value
    return text, None


TYPE = Numeric()
