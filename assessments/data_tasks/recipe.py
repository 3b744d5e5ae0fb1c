"""What a data task is made of, checked before anything is drawn.

A recipe is JSON: `{"rows", "duplicates", "columns": [{"id", "name", "kind", …}], "questions": [{"id",
"operation", "column", …}]}`. Shares are from 0 to 1, numbers are text, dates ISO 8601. Questions name
columns and values by their names in the language that the recipe was written in.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 20_000, 20, 200_000
MOST_VALUES, MOST_QUESTIONS, MOST_CONDITIONS, MOST_DECIMALS = 50, 10, 5, 4
LARGEST = Decimal(10**9)
#: What a spreadsheet takes for the start of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

KINDS = ("id", "category", "integer", "decimal", "date", "code")
NUMBERS = ("integer", "decimal")
DISTRIBUTIONS = ("uniform", "normal", "skewed")
COMPARISONS = ("is", "is_not", "at_least", "at_most", "above", "below", "empty", "filled")
ORDERING = ("at_least", "at_most", "above", "below")
#: Operation → the kinds of column it can be asked of; `count` is asked of none.
OPERATIONS = {
    "count": (),
    "sum": NUMBERS,
    "mean": NUMBERS,
    "median": NUMBERS,
    "min": (*NUMBERS, "date"),
    "max": (*NUMBERS, "date"),
    "share": KINDS,
    "distinct": KINDS,
    "missing": KINDS,
    "mode": ("category",),
    "correlation": NUMBERS,
}
#: Their exact answer has decimals without end.
INEXACT = ("mean", "share", "correlation")


class RecipeError(ValueError):
    """What is wrong with a recipe, in a sentence for its author."""


@dataclass(frozen=True)
class Column:
    """One column. `lowest`, `highest` and the step between numbers are in units of 10**-decimals."""

    id: str
    name: str
    kind: str
    labels: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    lowest: int = 0
    highest: int = 0
    decimals: int = 0
    distribution: str = "uniform"
    follows: int | None = None
    strength: float = 0.0
    first: date = date.min
    last: date = date.min
    pattern: str = ""
    missing: float = 0.0
    messy: float = 0.0
    outliers: float = 0.0

    def label_of(self, text: str) -> int | None:
        """The place of a value of a category, however its letters and spaces are written."""
        wanted = text.strip().casefold()
        return next((n for n, one in enumerate(self.labels) if one.casefold() == wanted), None)


@dataclass(frozen=True)
class Condition:
    """`value`: the place of a category's value, a number in the column's units (perhaps between two
    of its steps), a date or a text."""

    column: int
    comparison: str
    value: Any = None


@dataclass(frozen=True)
class Question:
    """One question. `once`: rows that stand there several times are looked at once."""

    id: str
    operation: str
    column: int | None = None
    other: int | None = None
    value: Any = None
    where: tuple[Condition, ...] = ()
    once: bool = True
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True)
class Recipe:
    rows: int
    duplicates: float
    columns: tuple[Column, ...]
    questions: tuple[Question, ...]


# --- Reading --------------------------------------------------------------------------------------


def read_recipe(document: Any) -> Recipe:
    """The recipe in a JSON document; raises `RecipeError` with what its author has to change."""
    if not isinstance(document, dict):
        raise RecipeError(_("Say what the table is made of."))
    columns = _columns(_list(document, "columns"))
    rows = document.get("rows")
    if not isinstance(rows, int) or isinstance(rows, bool) or not 5 <= rows <= MOST_ROWS:
        raise RecipeError(_("A table has from 5 to %(most)d rows.") % {"most": MOST_ROWS})
    if rows * len(columns) > MOST_CELLS:
        raise RecipeError(
            _(
                "This table is too large: %(rows)d rows of %(columns)d columns. Make one of them fewer."
            )
            % {"rows": rows, "columns": len(columns)}
        )
    duplicates = _share(document, "duplicates", 0.2, _("The share of repeated rows"))
    if duplicates and not any(column.kind == "id" for column in columns):
        raise RecipeError(
            _("Rows are repeated, so the table needs a column of numbers that tells rows apart.")
        )
    questions = _list(document, "questions")
    if not questions:
        raise RecipeError(_("Ask at least one question about the table."))
    if len(questions) > MOST_QUESTIONS:
        raise RecipeError(
            _("Ask at most %(most)d questions about one table.") % {"most": MOST_QUESTIONS}
        )
    read = []
    for number, question in enumerate(questions, 1):
        try:
            read.append(_question(question, columns))
        except RecipeError as error:
            raise RecipeError(
                _("Question %(number)d: %(problem)s") % {"number": number, "problem": error}
            ) from error
    return Recipe(rows, duplicates, columns, tuple(read))


def _list(document: dict, name: str) -> list[dict]:
    found = document.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise RecipeError(_("Say what the table is made of."))
    return found


def _columns(documents: list[dict]) -> tuple[Column, ...]:
    if not documents:
        raise RecipeError(_("Give the table at least one column."))
    if len(documents) > MOST_COLUMNS:
        raise RecipeError(_("A table has at most %(most)d columns.") % {"most": MOST_COLUMNS})
    columns: list[Column] = []
    for number, document in enumerate(documents, 1):
        name = _text(document, "name")
        try:
            columns.append(_column(document, name, columns))
        except RecipeError as error:
            raise RecipeError(
                _("Column %(number)d (“%(name)s”): %(problem)s")
                % {"number": number, "name": name, "problem": error}
            ) from error
    return tuple(columns)


def _column(document: dict, name: str, before: list[Column]) -> Column:
    if problem := unsafe(name):
        raise RecipeError(problem)
    if any(column.name.casefold() == name.casefold() for column in before):
        raise RecipeError(_("Another column has this name."))
    kind = document.get("kind")
    if kind not in KINDS:
        raise RecipeError(_("There is no such kind of column."))
    common = {"id": str(document.get("id", "")), "name": name, "kind": kind}
    if kind != "id":
        common["missing"] = _share(document, "missing", 0.5, _("The share of empty cells"))
    return Column(**common, **_READERS[kind](document, before))


def _id(document: dict, before: list[Column]) -> dict:
    prefix = _text(document, "prefix")
    if prefix and (problem := unsafe(prefix)):
        raise RecipeError(problem)
    return {"pattern": prefix}


def _category(document: dict, before: list[Column]) -> dict:
    values = _list(document, "values")
    if not 2 <= len(values) <= MOST_VALUES:
        raise RecipeError(_("Give from 2 to %(most)d values.") % {"most": MOST_VALUES})
    labels, weights = [], []
    for value in values:
        label = _text(value, "label")
        if problem := unsafe(label):
            raise RecipeError(problem)
        if label.casefold() in {one.casefold() for one in labels}:
            raise RecipeError(_("“%(value)s” stands there twice.") % {"value": label})
        labels.append(label)
        weights.append(float(_number(value.get("weight", 1), least=0, most=1000)))
    if sum(weights) <= 0:
        raise RecipeError(_("At least one value needs a weight above 0."))
    messy = _share(document, "messy", 0.5, _("The share of stray spaces and letters"))
    return {"labels": tuple(labels), "weights": tuple(weights), "messy": messy}


def _figures(document: dict, before: list[Column]) -> dict:
    decimals = document.get("decimals", 2) if document["kind"] == "decimal" else 0
    if type(decimals) is not int or not 0 <= decimals <= MOST_DECIMALS:
        raise RecipeError(_("Give from 0 to %(most)d decimals.") % {"most": MOST_DECIMALS})
    ends = []
    for end in ("lowest", "highest"):
        scaled = _number(document.get(end)).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise RecipeError(_("The lowest or highest number has more decimals than the column."))
        ends.append(int(scaled))
    if ends[0] >= ends[1]:
        raise RecipeError(_("The highest number must be above the lowest."))
    distribution = document.get("distribution") or "uniform"
    if distribution not in DISTRIBUTIONS:
        raise RecipeError(_("There is no such spread of numbers."))
    follows, strength = None, 0.0
    if leader := _text(document, "follows"):
        follows = _named(leader, before, NUMBERS)
        strength = float(_number(document.get("strength") or 0, least=-1, most=1))
    return {
        "lowest": ends[0],
        "highest": ends[1],
        "decimals": decimals,
        "distribution": distribution,
        "follows": follows,
        "strength": strength,
        "outliers": _share(document, "outliers", 0.1, _("The share of slips")),
    }


def _dates(document: dict, before: list[Column]) -> dict:
    first, last = read_date(document.get("first")), read_date(document.get("last"))
    if first > last:
        raise RecipeError(_("The last date is before the first."))
    return {"first": first, "last": last}


def _code(document: dict, before: list[Column]) -> dict:
    pattern = _text(document, "pattern")
    if not re.fullmatch(r"[A-Za-z0-9./ -]{1,20}", pattern) or not re.search("[A9]", pattern):
        raise RecipeError(
            _("Give a pattern such as AA-999: A stands for a letter, 9 for a figure.")
        )
    if problem := unsafe(pattern):
        raise RecipeError(problem)
    return {"pattern": pattern}


_READERS = {
    "id": _id,
    "category": _category,
    "integer": _figures,
    "decimal": _figures,
    "date": _dates,
    "code": _code,
}


def _question(document: dict, columns: tuple[Column, ...]) -> Question:
    operation = document.get("operation")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise RecipeError(_("There is no such way to compute an answer."))
    where = _list(document, "where")
    if len(where) > MOST_CONDITIONS:
        raise RecipeError(_("At most %(most)d conditions.") % {"most": MOST_CONDITIONS})
    tolerance = _number(document.get("tolerance") or 0)
    if tolerance < 0:
        raise RecipeError(_("The tolerance cannot be negative."))
    if operation in INEXACT and not tolerance:
        raise RecipeError(
            _("Give a tolerance: the exact answer has more decimals than anybody writes down.")
        )
    column, other, value = None, None, None
    if operation != "count":
        name = _text(document, "column")
        if not name:
            raise RecipeError(_("Say which column it is about."))
        column = _named(name, columns, OPERATIONS[operation])
    if operation == "correlation":
        name = _text(document, "other")
        if not name:
            raise RecipeError(_("A correlation is about two columns. Name the other one."))
        other = _named(name, columns, NUMBERS)
        if other == column:
            raise RecipeError(_("A correlation is about two columns. Name the other one."))
    if operation == "share":
        value = _value(columns[column], _text(document, "value"))
    return Question(
        id=str(document.get("id", "")),
        operation=operation,
        column=column,
        other=other,
        value=value,
        where=tuple(_condition(one, columns) for one in where),
        once=bool(document.get("once", True)),
        tolerance=tolerance,
    )


def _condition(document: dict, columns: tuple[Column, ...]) -> Condition:
    column = _named(_text(document, "column"), columns, KINDS)
    comparison = document.get("comparison")
    if comparison not in COMPARISONS:
        raise RecipeError(_("There is no such comparison."))
    if comparison in ("empty", "filled"):
        return Condition(column, comparison)
    if comparison in ORDERING and columns[column].kind not in (*NUMBERS, "date"):
        raise RecipeError(
            _("“%(name)s” has no order: compare it with “is” or “is not”.")
            % {"name": columns[column].name}
        )
    return Condition(column, comparison, _value(columns[column], _text(document, "value")))


def _value(column: Column, text: str) -> Any:
    """What a condition compares with, as the cells of the column hold it."""
    if column.kind == "category":
        place = column.label_of(text)
        if place is None:
            raise RecipeError(
                _("“%(value)s” is not a value of “%(name)s”. Its values: %(values)s.")
                % {"value": text, "name": column.name, "values": ", ".join(column.labels)}
            )
        return place
    if column.kind in NUMBERS:
        return _number(text).scaleb(column.decimals)
    if column.kind == "date":
        return read_date(text)
    if not text:
        raise RecipeError(_("Say what “%(name)s” is compared with.") % {"name": column.name})
    return text


def _named(name: str, columns, kinds: tuple[str, ...]) -> int:
    for place, column in enumerate(columns):
        if column.name.casefold() == name.casefold():
            if column.kind in kinds:
                return place
            raise RecipeError(
                _("The column “%(name)s” has another kind of content.") % {"name": name}
            )
    raise RecipeError(
        _("There is no column “%(name)s” here. There are: %(columns)s.")
        % {"name": name, "columns": ", ".join(column.name for column in columns) or "–"}
    )


# --- Values ---------------------------------------------------------------------------------------


def unsafe(text: str) -> str | None:
    """Why a text may not stand in a cell or heading; None when it may."""
    if not text:
        return _("A name is missing.")
    if len(text) > 80:
        return _("“%(text)s…” is too long: at most 80 characters.") % {"text": text[:20]}
    if text.startswith(FORMULA_STARTS):
        return _("“%(text)s” begins like a formula. Begin with a letter or figure.") % {
            "text": text
        }
    if any(ord(letter) < 32 for letter in text):
        return _("“%(text)s” breaks over several lines.") % {"text": text.split("\n")[0]}
    return None


def _text(document: dict, name: str) -> str:
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""


def _share(document: dict, name: str, most: float, what: str) -> float:
    value = document.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise RecipeError(
            _("%(what)s must be from 0 to %(most)d per cent.")
            % {"what": what, "most": round(100 * most)}
        )
    return float(value)


def _number(value: Any, least: Decimal | int = -LARGEST, most: Decimal | int = LARGEST) -> Decimal:
    try:
        number = Decimal(str(value).strip()[:40].replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        shown = "" if value is None else str(value)[:20]
        raise RecipeError(_("“%(value)s” is not a number.") % {"value": shown})
    if not least <= number <= most:
        raise RecipeError(
            _("A number must be from %(least)s to %(most)s.") % {"least": least, "most": most}
        )
    return number


def read_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        found = date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise RecipeError(_("Write a date as 2024-03-31.")) from error
    if not 1900 <= found.year <= 2100:
        raise RecipeError(_("A date must be from 1900 to 2100."))
    return found
