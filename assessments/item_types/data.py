"""Data task: a table drawn for each learner, questions that are answered from it in a spreadsheet.

Blocks say what the table is made of and what is asked (`assessments.data_tasks.recipe`). The version
keeps the recipe; the table and its key follow from the seed of the question in the attempt.
"""

import json
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from assessments.data_tasks import Dataset, Recipe, RecipeError, answers, generate, read_recipe
from assessments.data_tasks.files import Headings, as_text
from assessments.data_tasks.generate import TRIES, Answer
from assessments.data_tasks.recipe import read_date
from assessments.item_types.authored import blocks_of, named, source_of
from assessments.item_types.base import Asked
from assessments.item_types.numeric import _ENGLISH_THOUSANDS, parse_number
from assessments.item_types.parts import InParts, Keyed, points
from assessments.item_types.text import kept, literal, normalised

#: The block of each kind of column.
COLUMNS = {
    "id_column": "id",
    "category_column": "category",
    "number_column": "decimal",
    "date_column": "date",
    "code_column": "code",
}
#: Tables drawn to see whether every question has an answer.
CHECKED = ("check-1", "check-2")
SAMPLE_ROWS = 10
LONGEST = 100


# --- From blocks to a recipe ----------------------------------------------------------------------


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def recipe_of(content) -> dict:
    """The recipe that the blocks of a content write down."""
    tables = blocks_of(content, "table")
    table = tables[0].value if tables else {}
    return {
        "rows": table.get("rows"),
        "duplicates": (table.get("duplicates") or 0) / 100,
        "columns": [_column(block) for block in content.options if block.block_type in COLUMNS],
        "questions": [_question(block) for block in blocks_of(content, "question")],
    }


def _column(block) -> dict:
    column = {"id": block.id, "kind": COLUMNS[block.block_type]}
    for name, value in block.value.items():
        if name in ("missing", "messy", "outliers"):
            column[name] = (value or 0) / 100
        elif name == "values":
            column[name] = [dict(one.items()) for one in value]
        elif name in ("first", "last"):
            column[name] = value.isoformat() if value else ""
        else:
            column[name] = _plain(value)
    return column


def _question(block) -> dict:
    names = ("operation", "column", "other", "value", "once", "tolerance")
    question = {name: _plain(block.value[name]) for name in names}
    where = [{k: v or "" for k, v in one.items()} for one in block.value["where"]]
    return {"id": block.id, **question, "where": where}


@lru_cache(maxsize=64)
def _unanswerable(recipe: Recipe) -> int | None:
    """The number of a question that tables of this recipe cannot answer, or None."""
    for seed in CHECKED:
        found = answers(recipe, seed)
        for number, question in enumerate(recipe.questions, 1):
            if found[question.id] is None:
                return number
    return None


@lru_cache(maxsize=64)
def _read(frozen: str) -> Recipe:
    return read_recipe(json.loads(frozen))


def frozen_recipe(document: dict) -> Recipe:
    """The recipe of a version."""
    return _read(json.dumps(document["settings"]["recipe"], sort_keys=True))


def dataset(asked: Asked) -> Dataset:
    """The table of this learner's question."""
    return generate(frozen_recipe(asked.document), asked.seed)


def headings(words: dict) -> Headings:
    columns = words["columns"]
    return Headings(
        names={one["id"]: one["name"] for one in columns},
        labels={one["id"]: one["labels"] for one in columns},
    )


class DataTask(InParts):
    code = "data"
    label = gettext_lazy("data task")
    interaction = "other"
    blocks: ClassVar = ("table", *COLUMNS, "question")
    fields: ClassVar = ("scoring",)
    control = "answer-0"

    # --- Authoring

    def problem(self, content):
        source = source_of(content)
        if not blocks_of(source, "table"):
            return _("Add a table: how many rows it has, and what its file is called.")
        try:
            recipe = read_recipe(recipe_of(source))
        except RecipeError as error:
            return str(error)
        if number := _unanswerable(recipe):
            return _(
                "Question %(number)d has no answer in most tables: no row meets its conditions. "
                "%(tries)d tables were drawn."
            ) % {"number": number, "tries": TRIES * len(CHECKED)}
        if source is not content:
            return self._translation_problem(content, recipe)
        return None

    def _translation_problem(self, content, recipe: Recipe) -> str | None:
        labels = {one["id"]: one["labels"] for one in self.words(content)["columns"]}
        for column in recipe.columns:
            if column.id in labels and len(labels[column.id]) != len(column.labels):
                return _("“%(name)s” has as many values as in the first language.") % {
                    "name": column.name
                }
        return None

    def key(self, content):
        """Every table has its own; what is frozen is how to compute it."""
        return {}

    def settings(self, content):
        return {**super().settings(content), "recipe": recipe_of(source_of(content))}

    def part_list(self, asked):
        return asked.words["questions"]

    def words(self, content):
        tables = blocks_of(content, "table")
        return {
            "options": [],
            "file": tables[0].value["file"] if tables else "",
            "columns": [
                {
                    "id": block.id,
                    "name": block.value["name"],
                    "labels": [one["label"].strip() for one in block.value.get("values", [])],
                }
                for block in content.options
                if block.block_type in COLUMNS
            ],
            "questions": [
                {
                    "id": block.id,
                    "text": block.value["text"],
                    "unit": block.value["unit"],
                    "feedback": block.value["feedback"],
                }
                for block in blocks_of(content, "question")
            ],
        }

    # --- Asking

    def order(self, words, generator):
        return []

    def context(self, asked: Asked):
        recipe = frozen_recipe(asked.document)
        answered = asked.answer or {}
        columns = {one["id"]: one["name"] for one in asked.words["columns"]}
        kinds = {question.id: _kind(recipe, question) for question in recipe.questions}
        return {
            "legend": named(_("Your answers")),
            "rows": recipe.rows,
            "column_names": [columns.get(column.id, column.name) for column in recipe.columns],
            "questions": [
                {**one, "kind": kinds[one["id"]], "answer": answered.get(one["id"], "")}
                for one in asked.words["questions"]
            ],
            "sample": lambda: _sample(asked),
        }

    def parse(self, data, asked):
        recipe = frozen_recipe(asked.document)
        units = {one["id"]: one["unit"] for one in asked.words["questions"]}
        answer = {}
        for number, question in enumerate(recipe.questions, 1):
            try:
                text = kept(data.get(f"answer-{question.id}") or "", LONGEST)
                if not text:
                    continue
                answer[question.id] = _parsed(
                    text, _kind(recipe, question), units.get(question.id, "")
                )
            except ValueError as error:
                raise ValueError(
                    _("Question %(number)d: %(problem)s") % {"number": number, "problem": error}
                ) from error
        return answer or None

    # --- Grading

    def key_for(self, asked: Asked):
        """Question id → what is right in this learner's table."""
        recipe = frozen_recipe(asked.document)
        found = answers(recipe, asked.seed)
        right = {
            question.id: _right(asked, recipe, question, found[question.id])
            for question in recipe.questions
        }
        return replace(super().key_for(asked), key=right)

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        given = {question: text for question, text in (answer or {}).items() if text}
        if not given:
            return 0.0
        hits = sum(_is_right(one, given.get(question)) for question, one in keyed.key.items())
        wrong = sum(
            question in given and not _is_right(one, given[question])
            for question, one in keyed.key.items()
        )
        return points(keyed.scoring, right=hits, wrong=wrong, parts=len(keyed.key))

    def explain(self, asked, *, whole):
        key, given = self.key_for(asked).key, asked.answer or {}
        return {
            "parts": [
                {
                    **one,
                    "number": number,
                    "given": given.get(one["id"], ""),
                    "is_right": bool(given.get(one["id"]))
                    and _is_right(key[one["id"]], given.get(one["id"])),
                    "right": _told(asked, key[one["id"]]) if whole else "",
                    "feedback": one["feedback"] if whole else "",
                }
                for number, one in enumerate(asked.words["questions"], 1)
                if one["id"] in key
            ]
        }

    def pattern(self, value):
        return "[,]".join(
            f"{question}[.]{literal(text)}" for question, text in (value or {}).items()
        )


def _kind(recipe: Recipe, question) -> str:
    """What is written as the answer: a number, a date or a text."""
    if question.operation == "mode":
        return "text"
    if question.operation in ("min", "max") and recipe.columns[question.column].kind == "date":
        return "date"
    return "number"


def _parsed(text: str, kind: str, unit: str) -> str:
    """An answer as it is kept: a number and a date in a form that is graded in any language."""
    if kind == "text":
        return text
    if kind == "date":
        return read_date(text.replace("/", "-")).isoformat()
    text = text.removesuffix(unit or "%").removesuffix("%").strip()
    if (get_language() or "").startswith("en") and _ENGLISH_THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    parse_number(text)
    return text


def _right(asked: Asked, recipe: Recipe, question, answer: Answer | None) -> dict | None:
    """What is right, as JSON; None where the table has no answer, and any answer counts."""
    if answer is None:
        return None
    if answer.kind == "number":
        return {
            "kind": "number",
            "value": str(answer.value),
            "tolerance": str(question.tolerance),
        }
    if answer.kind == "date":
        return {"kind": "date", "value": answer.value.isoformat()}
    column = recipe.columns[question.column]
    texts = [
        headings(words).label(column, place)
        for words in (asked.words, *asked.document["languages"].values())
        for place in answer.value
    ]
    return {"kind": "text", "values": list(dict.fromkeys(texts)), "level": len(answer.value)}


def _is_right(right: dict | None, text: str | None) -> bool:
    if right is None:
        return True
    if not text:
        return False
    if right["kind"] == "number":
        distance = abs(parse_number(text) - Decimal(right["value"]))
        return distance <= Decimal(right["tolerance"])
    if right["kind"] == "date":
        return text == right["value"]
    return normalised(text) in map(normalised, right["values"])


def _told(asked: Asked, right: dict | None) -> str:
    """What is right, for people; a number with no more than four decimals."""
    if right is None:
        return ""
    if right["kind"] == "text":
        return ", ".join(right["values"][: right["level"]])
    if right["kind"] == "date":
        return right["value"]
    value = Decimal(right["value"])
    return str(value.quantize(Decimal("0.0001")) if value.as_tuple().exponent < -4 else value)


def _sample(asked: Asked) -> dict:
    """What an author sees of a table: its first rows, what is in each column, what is right."""
    table = dataset(asked)
    names = headings(asked.words)
    rows = as_text(table, names)
    head = next(rows)
    first = [row for row, _number in zip(rows, range(SAMPLE_ROWS), strict=False)]
    return {
        "head": head,
        "rows": first,
        "caption": ngettext(
            "The first %(first)d of %(all)d row",
            "The first %(first)d of %(all)d rows",
            len(table.rows),
        )
        % {"first": len(first), "all": len(table.rows)},
        "summary": [_summary(table, place, name) for place, name in enumerate(head)],
    }


def _summary(table: Dataset, place: int, name: str) -> dict:
    cells = [row[place] for row in table.rows]
    filled = [cell for cell in cells if cell is not None]
    return {"name": name, "empty": len(cells) - len(filled), "different": len(set(filled))}


TYPE = DataTask()
