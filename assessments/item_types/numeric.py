"""A number, right within a tolerance."""

import re
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assessments.item_types.base import ItemType

_ENGLISH_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_LARGEST = Decimal("1e15")


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
    code = "numeric"
    label = gettext_lazy("number")
    interaction = "numeric"
    fields: ClassVar = ("numeric_value", "numeric_tolerance", "unit")

    def problem(self, content):
        if content.numeric_value is None:
            return _("Give the correct value.")
        if content.numeric_tolerance is not None and content.numeric_tolerance < 0:
            return _("The tolerance cannot be negative.")
        return None

    def key(self, content):
        return {
            "value": str(content.numeric_value.normalize()),
            "tolerance": str((content.numeric_tolerance or Decimal(0)).normalize()),
        }

    def words(self, content):
        return {"options": []}

    def explain(self, asked, *, whole):
        return {"answer": asked.answer, "value": self.key_for(asked)["value"] if whole else None}

    def parse(self, data, asked):
        text = (data.get("answer") or "").strip()[:40]
        if not text:
            return None
        if (get_language() or "").startswith("en") and _ENGLISH_THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        parse_number(text)
        return text

    def grade(self, key, answer):
        if not answer:
            return 0.0
        distance = abs(parse_number(answer) - Decimal(key["value"]))
        return float(distance <= Decimal(key["tolerance"]))

    def pattern(self, value):
        if isinstance(value, dict):
            middle, spread = Decimal(value["value"]), Decimal(value["tolerance"])
            return f"{middle - spread}[:]{middle + spread}"
        return str(parse_number(value)) if value else ""


TYPE = Numeric()
