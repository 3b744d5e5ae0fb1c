"""Drawing a table from a recipe and a seed, and the right answers about it.

Only `Random.random()` is asked, whose sequence Python keeps for good, and only the operations that
IEEE 754 fixes to the last bit (+ − × ÷ √): no logarithm, whose last digit differs between machines.
"""

import random
from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import accumulate
from math import floor, sqrt
from typing import NamedTuple

from assessments.data_tasks.recipe import NUMBERS, Column, Condition, Question, Recipe

#: Draws in search of a table in which every question has an answer.
TRIES = 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like figures


class Label(NamedTuple):
    """A value of a category by its place, and how it is written (`files.written`): 0 is cleanly."""

    place: int
    style: int = 0


#: Numbers are whole, in units of 10**-decimals of their column.
Cell = None | int | str | date | Label


@dataclass(frozen=True)
class Dataset:
    recipe: Recipe
    rows: list[tuple[Cell, ...]]


@dataclass(frozen=True)
class Answer:
    """What is right: a `number`, a `date`, or a `category`'s values by their places (several when
    they are level)."""

    kind: str
    value: Decimal | date | tuple[int, ...]


def generate(recipe: Recipe, seed: str) -> Dataset:
    """The table of this seed."""
    return _draw_answerable(recipe, seed)[0]


@lru_cache(maxsize=256)
def answers(recipe: Recipe, seed: str) -> dict[str, Answer | None]:
    """Question id → what is right in the table of this seed; None where that has no answer."""
    return _draw_answerable(recipe, seed)[1]


def _draw_answerable(recipe: Recipe, seed: str) -> tuple[Dataset, dict[str, Answer | None]]:
    """The first draw in which each question has one answer; the last of `TRIES` if there is none."""
    for attempt in range(TRIES):
        table = Dataset(recipe, _draw(recipe, f"{seed}|{attempt}"))
        found = {question.id: _answer(table, question) for question in recipe.questions}
        if all(one is not None and not _is_level(one) for one in found.values()):
            break
    return table, found


def _is_level(answer: Answer) -> bool:
    return answer.kind == "category" and len(answer.value) > 1


# --- The table ------------------------------------------------------------------------------------


def _draw(recipe: Recipe, seed: str) -> list[tuple[Cell, ...]]:
    repeated = floor(recipe.rows * recipe.duplicates)
    count = recipe.rows - repeated
    columns: list[list[Cell]] = []
    for number, column in enumerate(recipe.columns):
        generator = random.Random(f"{seed}|{number}|{column.kind}")  # noqa: S311 - to be replayed
        columns.append(_DRAWERS[column.kind](column, count, generator.random, recipe, columns))
    for number, column in enumerate(recipe.columns):
        generator = random.Random(f"{seed}|{number}|dirt")  # noqa: S311 - to be replayed
        columns[number] = _soiled(column, columns[number], generator.random)
    rows = list(zip(*columns, strict=True))
    chance = random.Random(f"{seed}|repeated").random  # noqa: S311 - to be replayed
    for _row in range(repeated):
        row = rows[floor(chance() * len(rows))]
        rows.insert(floor(chance() * (len(rows) + 1)), row)
    return rows


def _ids(column: Column, count: int, chance, recipe, before) -> list[Cell]:
    width = len(str(count))
    return [f"{column.pattern}{number:0{width}}" for number in range(1, count + 1)]


def _categories(column: Column, count: int, chance, recipe, before) -> list[Cell]:
    bounds = list(accumulate(column.weights))
    last = max(place for place, weight in enumerate(column.weights) if weight)
    return [Label(min(bisect(bounds, chance() * bounds[-1]), last)) for _row in range(count)]


def _bell(chance) -> float:
    """About a standard normal: twelve uniforms, whose sum has variance 1 (Irwin-Hall)."""
    return sum(chance() for _throw in range(12)) - 6


def _moments(column: Column) -> tuple[float, float]:
    """The mean and standard deviation that a column is drawn with."""
    span = column.highest - column.lowest
    if column.distribution == "normal" or column.follows is not None:
        return column.lowest + span / 2, span / 6
    if column.distribution == "skewed":  # u³: mean 1/4, variance 1/7 - 1/16
        return column.lowest + span / 4, span * sqrt(9 / 112)
    return column.lowest + span / 2, span / sqrt(12)


def _numbers(column: Column, count: int, chance, recipe: Recipe, before) -> list[Cell]:
    """Numbers from lowest to highest. One that follows another column has the correlation
    `strength` with it, as far as the ends allow: z = r·z₁ + √(1 − r²)·z₂."""
    span = column.highest - column.lowest
    mean, spread = _moments(column)
    drawn: list[Cell] = []
    if column.follows is not None:
        leader = recipe.columns[column.follows]
        middle, width = _moments(leader)
        own = sqrt(1 - column.strength * column.strength)
        for value in before[column.follows]:
            z = column.strength * ((value - middle) / width) + own * _bell(chance)
            drawn.append(floor(mean + spread * z + 0.5))
    elif column.distribution == "normal":
        drawn = [floor(mean + spread * _bell(chance) + 0.5) for _row in range(count)]
    elif column.distribution == "skewed":
        for _row in range(count):
            u = chance()
            drawn.append(column.lowest + floor(u * u * u * (span + 1)))
    else:
        drawn = [column.lowest + floor(chance() * (span + 1)) for _row in range(count)]
    return [min(max(value, column.lowest), column.highest) for value in drawn]


def _days(column: Column, count: int, chance, recipe, before) -> list[Cell]:
    span = (column.last - column.first).days + 1
    return [column.first + timedelta(days=floor(chance() * span)) for _row in range(count)]


def _codes(column: Column, count: int, chance, recipe, before) -> list[Cell]:
    def letter(sign: str) -> str:
        if sign == "A":
            return _LETTERS[floor(chance() * len(_LETTERS))]
        return str(floor(chance() * 10)) if sign == "9" else sign

    return ["".join(map(letter, column.pattern)) for _row in range(count)]


_DRAWERS = {
    "id": _ids,
    "category": _categories,
    "integer": _numbers,
    "decimal": _numbers,
    "date": _days,
    "code": _codes,
}


def _soiled(column: Column, cells: list[Cell], chance) -> list[Cell]:
    """The column with what real data have: cells left empty, values written in several ways, and
    numbers with two noughts too many."""
    if not (column.missing or column.messy or column.outliers):
        return cells
    soiled: list[Cell] = []
    for cell in cells:
        empty, slip, style = chance(), chance(), chance()
        if empty < column.missing:
            soiled.append(None)
        elif isinstance(cell, Label):
            soiled.append(Label(cell.place, 1 + floor(style * 4) if slip < column.messy else 0))
        elif column.kind in NUMBERS and slip < column.outliers:
            soiled.append((cell or column.highest) * 100)
        else:
            soiled.append(cell)
    return soiled


# --- The answers ----------------------------------------------------------------------------------


def _meets(row: tuple[Cell, ...], condition: Condition) -> bool:
    """Whether a row meets a condition. An empty cell meets only `empty`. However a category's value
    is written, it is that value."""
    cell = row[condition.column]
    if condition.comparison in ("empty", "filled"):
        return (cell is None) == (condition.comparison == "empty")
    if cell is None:
        return False
    value = condition.value
    if isinstance(cell, Label):
        cell = cell.place
    elif isinstance(cell, str):
        cell, value = cell.casefold(), value.casefold()
    match condition.comparison:
        case "is":
            return cell == value
        case "is_not":
            return cell != value
        case "at_least":
            return cell >= value
        case "at_most":
            return cell <= value
        case "above":
            return cell > value
        case _:
            return cell < value


def _rows(table: Dataset, question: Question) -> list[tuple[Cell, ...]]:
    rows = dict.fromkeys(table.rows) if question.once else table.rows
    return [row for row in rows if all(_meets(row, one) for one in question.where)]


def _answer(table: Dataset, question: Question) -> Answer | None:
    rows = _rows(table, question)
    match question.operation:
        case "count":
            return _number(len(rows))
        case "share":
            return _share(rows, question)
        case "correlation":
            return _correlation(rows, question)
        case "missing":
            return _number(sum(row[question.column] is None for row in rows))
    column = table.recipe.columns[question.column]
    cells = [row[question.column] for row in rows if row[question.column] is not None]
    if question.operation == "distinct":
        return _number(len({cell.place if isinstance(cell, Label) else cell for cell in cells}))
    if question.operation == "sum":
        return _number(sum(cells), column.decimals)
    if not cells:
        return None
    match question.operation:
        case "mode":
            counts = Counter(cell.place for cell in cells)
            most = max(counts.values())
            return Answer("category", tuple(sorted(one for one in counts if counts[one] == most)))
        case "mean":
            with localcontext(prec=28):
                return _number(Decimal(sum(cells)) / len(cells), column.decimals)
        case "median":
            cells.sort()
            half = len(cells) // 2
            middle = cells[half] if len(cells) % 2 else Decimal(cells[half - 1] + cells[half]) / 2
            return _number(middle, column.decimals)
        case "min" | "max":
            found = min(cells) if question.operation == "min" else max(cells)
            return (
                Answer("date", found) if column.kind == "date" else _number(found, column.decimals)
            )
    raise ValueError(question.operation)


def _number(value: int | Decimal, decimals: int = 0) -> Answer:
    return Answer("number", Decimal(value).scaleb(-decimals))


def _share(rows: list, question: Question) -> Answer | None:
    """Of the rows, those empty in the column among them, the percentage that has the value."""
    if not rows:
        return None
    wanted = Condition(question.column, "is", question.value)
    return _number(Decimal(100 * sum(_meets(row, wanted) for row in rows)) / len(rows))


def _correlation(rows: list, question: Question) -> Answer | None:
    """Pearson's r over the rows that are filled in both columns, from exact sums:
    (n·Σxy − Σx·Σy) / √((n·Σx² − (Σx)²)(n·Σy² − (Σy)²))."""
    pairs = [(row[question.column], row[question.other]) for row in rows]
    pairs = [(x, y) for x, y in pairs if x is not None and y is not None]
    n, sx, sy = len(pairs), sum(x for x, _y in pairs), sum(y for _x, y in pairs)
    spread = (n * sum(x * x for x, _y in pairs) - sx * sx) * (
        n * sum(y * y for _x, y in pairs) - sy * sy
    )
    if not spread:
        return None
    return _number(Decimal(n * sum(x * y for x, y in pairs) - sx * sy) / Decimal(spread).sqrt())
