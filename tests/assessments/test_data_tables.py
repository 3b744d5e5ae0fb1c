"""The tables of data tasks: the same from the same seed for good, their answers as pandas-free
arithmetic finds them in the file itself, and recipes that must not be drawn.

No database.
"""

import csv
import hashlib
import io
import statistics
from copy import deepcopy
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from assessments.data_tasks import RecipeError, answers, generate, read_recipe
from assessments.data_tasks.files import Headings, write_csv, write_xlsx

PLAIN = Headings(names={}, labels={})

RECIPE = {
    "rows": 400,
    "duplicates": 0.03,
    "columns": [
        {"id": "c1", "kind": "id", "name": "Request", "prefix": "R-"},
        {
            "id": "c2",
            "kind": "category",
            "name": "Region",
            "values": [
                {"label": "North", "weight": 3},
                {"label": "South", "weight": 2},
                {"label": "West", "weight": 1},
            ],
            "missing": 0.05,
            "messy": 0.2,
        },
        {
            "id": "c3",
            "kind": "integer",
            "name": "Days",
            "lowest": "1",
            "highest": "90",
            "distribution": "skewed",
            "outliers": 0.02,
        },
        {
            "id": "c4",
            "kind": "decimal",
            "name": "Cost",
            "decimals": 2,
            "lowest": "-10",
            "highest": "500.5",
            "distribution": "normal",
            "follows": "Days",
            "strength": 0.8,
            "missing": 0.1,
        },
        {
            "id": "c5",
            "kind": "date",
            "name": "Received",
            "first": "2024-01-01",
            "last": "2024-12-31",
        },
        {"id": "c6", "kind": "code", "name": "Desk", "pattern": "AA-99"},
    ],
    "questions": [
        {"id": "count", "operation": "count"},
        {"id": "all", "operation": "count", "once": False},
        {
            "id": "north",
            "operation": "count",
            "where": [{"column": "region", "comparison": "is", "value": " NORTH "}],
        },
        {"id": "sum", "operation": "sum", "column": "Cost"},
        {"id": "mean", "operation": "mean", "column": "Cost", "tolerance": "0.01"},
        {"id": "median", "operation": "median", "column": "Days"},
        {"id": "min", "operation": "min", "column": "Cost"},
        {"id": "max", "operation": "max", "column": "Received"},
        {
            "id": "share",
            "operation": "share",
            "column": "Region",
            "value": "south",
            "tolerance": "0.1",
            "where": [{"column": "Received", "comparison": "at_least", "value": "2024-07-01"}],
        },
        {"id": "distinct", "operation": "distinct", "column": "Region"},
    ],
}
MORE = {
    **RECIPE,
    "questions": [
        {"id": "missing", "operation": "missing", "column": "Cost"},
        {"id": "mode", "operation": "mode", "column": "Region"},
        {
            "id": "correlation",
            "operation": "correlation",
            "column": "Days",
            "other": "Cost",
            "tolerance": "0.01",
            "where": [{"column": "Days", "comparison": "at_most", "value": "90"}],
        },
    ],
}


def recipe(**changes) -> dict:
    return {**deepcopy(RECIPE), **changes}


def rows_of(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """A CSV file as whoever opens it reads it."""
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def drawn(document: dict, seed: str = "s") -> list[dict[str, str]]:
    return rows_of(write_csv(generate(read_recipe(document), seed), PLAIN, "en"))


# --- The same for good ----------------------------------------------------------------------------


def test_a_seed_gives_the_same_table_on_every_machine():
    """The digest is frozen: whoever changes how tables are drawn changes what was asked."""
    data = write_csv(generate(read_recipe(RECIPE), "7:3"), PLAIN, "en")
    assert hashlib.sha256(data).hexdigest() == (
        "434d8771ce0b4999019d551e46feef38ea12151902561aaed0cf7a1a60e863cd"
    )


def test_another_seed_gives_another_table():
    assert drawn(RECIPE, "1:0") != drawn(RECIPE, "1:1")


def test_a_spreadsheet_is_the_same_byte_for_byte():
    table = generate(read_recipe(RECIPE), "s")
    assert write_xlsx(table, PLAIN, "en") == write_xlsx(table, PLAIN, "en")


# --- What is in it --------------------------------------------------------------------------------


def test_a_table_has_what_its_recipe_says():
    rows = drawn(RECIPE)
    assert len(rows) == 400
    assert len({row["Request"] for row in rows}) == 400 - 12
    assert all(row["Request"].startswith("R-") for row in rows)
    regions = {row["Region"].strip().casefold() for row in rows}
    assert regions == {"", "north", "south", "west"}
    assert len({row["Region"] for row in rows}) > 4  # typed in several ways
    days = [int(row["Days"]) for row in rows]
    assert min(days) >= 1
    assert any(day > 90 for day in days)  # slips
    assert all(day % 100 == 0 for day in days if day > 90)
    costs = [Decimal(row["Cost"]) for row in rows if row["Cost"]]
    assert 340 <= len(costs) <= 380
    assert all(-10 <= cost <= Decimal("500.5") for cost in costs)
    assert all("2024-01-01" <= row["Received"] <= "2024-12-31" for row in rows)
    assert all(len(row["Desk"]) == 5 and row["Desk"][2] == "-" for row in rows)


def test_weights_and_spreads_are_those_asked_for():
    """Against the moments of the distributions, in a large table without dirt."""
    columns = [
        {
            "id": "a",
            "kind": "category",
            "name": "A",
            "values": [
                {"label": "x", "weight": 3},
                {"label": "y", "weight": 1},
                {"label": "never", "weight": 0},
            ],
        },
        {
            "id": "b",
            "kind": "integer",
            "name": "B",
            "lowest": 0,
            "highest": 100,
            "distribution": "uniform",
        },
        {
            "id": "c",
            "kind": "integer",
            "name": "C",
            "lowest": 0,
            "highest": 600,
            "distribution": "normal",
        },
        {
            "id": "d",
            "kind": "integer",
            "name": "D",
            "lowest": 0,
            "highest": 1000,
            "distribution": "skewed",
        },
        {
            "id": "e",
            "kind": "integer",
            "name": "E",
            "lowest": 0,
            "highest": 600,
            "follows": "B",
            "strength": -0.6,
        },
    ]
    rows = drawn(
        {"rows": 20000, "columns": columns, "questions": [{"id": "q", "operation": "count"}]}
    )
    assert sum(row["A"] == "x" for row in rows) / 20000 == pytest.approx(0.75, abs=0.01)
    assert not any(row["A"] == "never" for row in rows)
    numbers = {name: [int(row[name]) for row in rows] for name in "BCDE"}
    assert statistics.fmean(numbers["B"]) == pytest.approx(50, abs=0.7)
    assert statistics.pstdev(numbers["B"]) == pytest.approx(29.15, abs=0.5)
    assert statistics.fmean(numbers["C"]) == pytest.approx(300, abs=3)
    assert statistics.pstdev(numbers["C"]) == pytest.approx(100, abs=2)
    assert statistics.fmean(numbers["D"]) == pytest.approx(250, abs=7)
    assert statistics.correlation(numbers["B"], numbers["E"]) == pytest.approx(-0.6, abs=0.02)


# --- The answers ----------------------------------------------------------------------------------


def test_the_answers_are_those_of_the_file():
    """Found again from the CSV alone, by other means."""
    found = answers(read_recipe(RECIPE), "s")
    more = answers(read_recipe(MORE), "s")
    rows = drawn(RECIPE)
    once = [dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in rows)]
    costs = [Decimal(row["Cost"]) for row in once if row["Cost"]]
    late = [row for row in once if row["Received"] >= "2024-07-01"]
    clean = [row["Region"].strip().title() for row in once]
    expected = {
        "count": Decimal(len(once)),
        "all": Decimal(400),
        "north": Decimal(clean.count("North")),
        "sum": sum(costs),
        "mean": statistics.fmean(costs),
        "median": Decimal(str(statistics.median(int(row["Days"]) for row in once))),
        "min": min(costs),
        "max": max(date.fromisoformat(row["Received"]) for row in once),
        "share": 100 * sum(row["Region"].strip().casefold() == "south" for row in late) / len(late),
        "distinct": Decimal(3),
    }
    for question, value in expected.items():
        if isinstance(value, float):
            assert float(found[question].value) == pytest.approx(value, abs=1e-9), question
        else:
            assert found[question].value == value, question
    assert more["missing"].value == sum(not row["Cost"] for row in once)
    assert more["mode"].value == (0,)
    pairs = [
        (int(row["Days"]), float(row["Cost"]))
        for row in once
        if row["Cost"] and int(row["Days"]) <= 90
    ]
    assert float(more["correlation"].value) == pytest.approx(
        statistics.correlation(*zip(*pairs, strict=True)), abs=1e-9
    )


def test_a_table_is_drawn_again_until_every_question_has_an_answer():
    """Five rows with two values: in many of them one does not occur, or both occur equally often."""
    document = {
        "rows": 6,
        "columns": [
            {
                "id": "a",
                "kind": "category",
                "name": "A",
                "values": [{"label": "x"}, {"label": "y"}],
            },
            {"id": "b", "kind": "integer", "name": "B", "lowest": 1, "highest": 9},
        ],
        "questions": [
            {"id": "mode", "operation": "mode", "column": "A"},
            {
                "id": "mean",
                "operation": "median",
                "column": "B",
                "where": [{"column": "A", "comparison": "is", "value": "y"}],
            },
        ],
    }
    levelled = 0
    for seed in range(40):
        found = answers(read_recipe(document), str(seed))
        assert found["mean"] is not None
        levelled += len(found["mode"].value) > 1
    assert levelled <= 2  # a half at each draw, five draws


@pytest.mark.parametrize(
    "operation", ["mean", "median", "min", "max", "mode", "correlation", "share"]
)
def test_nothing_is_divided_by_the_rows_that_are_not_there(operation):
    fields = {"mode": {"column": "Region"}, "share": {"column": "Region", "value": "North"}}
    question = {
        "id": "q",
        "operation": operation,
        "column": "Cost",
        "other": "Days",
        "tolerance": "1",
        "where": [{"column": "Days", "comparison": "above", "value": "1000000"}],
        **fields.get(operation, {}),
    }
    assert answers(read_recipe(recipe(questions=[question])), "s") == {"q": None}


def test_a_column_that_never_varies_has_no_correlation():
    columns = [
        {"id": "a", "kind": "integer", "name": "A", "lowest": 0, "highest": 1, "missing": 0.5},
        {"id": "b", "kind": "integer", "name": "B", "lowest": 1, "highest": 9},
    ]
    question = {
        "id": "q",
        "operation": "correlation",
        "column": "A",
        "other": "B",
        "tolerance": "1",
        "where": [{"column": "A", "comparison": "is", "value": "1"}],
    }
    document = {"rows": 20, "columns": columns, "questions": [question]}
    assert answers(read_recipe(document), "s") == {"q": None}


# --- The file -------------------------------------------------------------------------------------


def test_a_spreadsheet_has_numbers_and_dates_and_no_formulas():
    table = generate(read_recipe(RECIPE), "s")
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, PLAIN, "en")))
    head, *rows = book.active.iter_rows()
    assert [cell.value for cell in head] == [
        "Request",
        "Region",
        "Days",
        "Cost",
        "Received",
        "Desk",
    ]
    assert len(rows) == 400
    assert {cell.data_type for row in rows for cell in row} == {"s", "n", "d"}
    for row, drawn_row in zip(rows, drawn(RECIPE), strict=True):
        assert row[4].value.date().isoformat() == drawn_row["Received"]
        cost = drawn_row["Cost"]
        assert row[3].value == (pytest.approx(float(cost)) if cost else None)


def test_french_spreadsheets_get_semicolons_and_decimal_commas():
    table = generate(read_recipe(RECIPE), "s")
    french = Headings(names={"c4": "Coût"}, labels={"c2": ["Nord", "Sud", "Ouest"]})
    data = write_csv(table, french, "fr")
    assert data.startswith(b"\xef\xbb\xbf")
    rows, english = rows_of(data, ";"), rows_of(write_csv(table, PLAIN, "en"))
    assert [row["Coût"].replace(",", ".") for row in rows] == [row["Cost"] for row in english]
    assert {row["Region"].strip().casefold() for row in rows} == {"", "nord", "sud", "ouest"}


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-a", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_begins_like_a_formula(text):
    """What a translation brings is escaped; what an author writes is refused."""
    table = generate(read_recipe(RECIPE), "s")
    hostile = Headings(names={"c2": text}, labels={"c2": [text, text + "b", text + "c"]})
    for language, delimiter in (("en", ","), ("fr", ";")):
        data = write_csv(table, hostile, language).decode("utf-8-sig")
        for row in csv.reader(io.StringIO(data, newline=""), delimiter=delimiter):
            for cell in row:
                is_number = cell.lstrip("-").replace(",", "").replace(".", "").isdecimal()
                assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    document = recipe()
    document["columns"][1]["values"][0]["label"] = text
    if text.strip() == text:
        with pytest.raises(RecipeError, match="formula"):
            read_recipe(document)
        document = recipe()
        document["columns"][0]["name"] = text
        with pytest.raises(RecipeError, match="formula"):
            read_recipe(document)


# --- Recipes that are refused ---------------------------------------------------------------------


def column(**changes) -> dict:
    return {"id": "x", "name": "X", "kind": "integer", "lowest": 0, "highest": 9, **changes}


def question(**changes) -> dict:
    return {"id": "q", "operation": "count", **changes}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "made of"),
        ([], "made of"),
        ({}, "at least one column"),
        (recipe(columns="x"), "made of"),
        (recipe(rows=10**9), "from 5 to 20000 rows"),
        (recipe(rows=-1), "from 5 to 20000 rows"),
        (recipe(rows="many"), "from 5 to 20000 rows"),
        (recipe(rows=True), "from 5 to 20000 rows"),
        (recipe(rows=float("inf")), "from 5 to 20000 rows"),
        (recipe(rows=None), "from 5 to 20000 rows"),
        (recipe(rows=20000, columns=[column(name=f"X{n}") for n in range(20)]), "too large"),
        (recipe(columns=[column(name=f"X{n}") for n in range(21)]), "at most 20 columns"),
        (recipe(duplicates=0.9), "0 to 20 per cent"),
        (recipe(duplicates="much"), "0 to 20 per cent"),
        (recipe(duplicates=0.1, columns=[column()], questions=[question()]), "tells rows apart"),
        (recipe(questions=[]), "at least one question"),
        (recipe(questions=[question()] * 11), "at most 10 questions"),
        (recipe(columns=[column(), column(name="x")]), "Another column"),
        (recipe(columns=[column(name="")]), "name is missing"),
        (recipe(columns=[column(name="x" * 81)]), "too long"),
        (recipe(columns=[column(kind="picture")]), "no such kind"),
        (recipe(columns=[column(kind=["id"])]), "no such kind"),
        (recipe(columns=[column(lowest=9, highest=9)]), "above the lowest"),
        (recipe(columns=[column(lowest="NaN")]), "not a number"),
        (recipe(columns=[column(highest="1e400")]), "must be from"),
        (recipe(columns=[column(highest="1e999999999999")]), "must be from"),
        (recipe(columns=[column(highest=None)]), "not a number"),
        (recipe(columns=[column(highest="9.5")]), "more decimals"),
        (recipe(columns=[column(kind="decimal", decimals=99)]), "decimals"),
        (recipe(columns=[column(kind="decimal", decimals=2.0)]), "decimals"),
        (recipe(columns=[column(missing=1)]), "0 to 50 per cent"),
        (recipe(columns=[column(outliers=-0.1)]), "0 to 10 per cent"),
        (recipe(columns=[column(distribution="bimodal")]), "no such spread"),
        (recipe(columns=[column(follows="Y", strength=1)]), "no column “Y”"),
        (recipe(columns=[column(), column(name="Y", follows="X", strength=2)]), "from -1 to 1"),
        (recipe(columns=[column(kind="category", values=[{"label": "a"}])]), "2 to 50 values"),
        (
            recipe(columns=[column(kind="category", values=[{"label": "a"}, {"label": "A"}])]),
            "twice",
        ),
        (
            recipe(
                columns=[
                    column(
                        kind="category",
                        values=[{"label": "a", "weight": 0}, {"label": "b", "weight": 0}],
                    )
                ]
            ),
            "weight above 0",
        ),
        (
            recipe(
                columns=[
                    column(
                        kind="category",
                        values=[{"label": "a", "weight": "nan"}, {"label": "b", "weight": 1}],
                    )
                ]
            ),
            "not a number",
        ),
        (
            recipe(columns=[column(kind="date", first="2024-02-30", last="2024-03-01")]),
            "2024-03-31",
        ),
        (recipe(columns=[column(kind="date", first="2024-02-02", last="2024-01-01")]), "before"),
        (recipe(columns=[column(kind="date", first="0001-01-01", last="9999-12-31")]), "1900"),
        (recipe(columns=[column(kind="code", pattern="(a+)+$")]), "pattern such as"),
        (recipe(columns=[column(kind="code", pattern="-99")]), "formula"),
        (recipe(columns=[column(kind="code", pattern="xyz")]), "pattern such as"),
        (recipe(questions=[question(operation="__import__")]), "no such way"),
        (recipe(questions=[question(operation={})]), "no such way"),
        (recipe(questions=[question(operation="sum")]), "which column"),
        (recipe(questions=[question(operation="sum", column="Region")]), "another kind"),
        (recipe(questions=[question(operation="sum", column="Regon")]), "There are: Request"),
        (recipe(questions=[question(operation="mean", column="Days")]), "Give a tolerance"),
        (recipe(questions=[question(tolerance="-1")]), "cannot be negative"),
        (
            recipe(questions=[question(operation="correlation", column="Days", tolerance=1)]),
            "two columns",
        ),
        (
            recipe(
                questions=[
                    question(operation="correlation", column="Days", other="days", tolerance=1)
                ]
            ),
            "two columns",
        ),
        (
            recipe(
                questions=[question(operation="share", column="Region", value="Nort", tolerance=1)]
            ),
            "Its values: North, South, West",
        ),
        (
            recipe(
                questions=[
                    question(where=[{"column": "Region", "comparison": "above", "value": "North"}])
                ]
            ),
            "has no order",
        ),
        (
            recipe(
                questions=[question(where=[{"column": "Days", "comparison": "or 1=1", "value": 1}])]
            ),
            "no such comparison",
        ),
        (
            recipe(questions=[question(where=[{"column": "Desk", "comparison": "is"}])]),
            "compared with",
        ),
        (
            recipe(questions=[question(where=[{"column": "Days", "comparison": "filled"}] * 6)]),
            "At most 5",
        ),
    ],
)
def test_a_recipe_that_cannot_be_drawn_says_why(document, problem):
    with pytest.raises(RecipeError, match=problem):
        read_recipe(document)


def test_a_problem_names_the_question_and_the_column():
    with pytest.raises(RecipeError, match=r"^Question 2: There is no column"):
        read_recipe(recipe(questions=[question(), question(operation="sum", column="Z")]))
    with pytest.raises(RecipeError, match=r"^Column 1 \(“X”\): The highest"):
        read_recipe(recipe(columns=[column(highest=-1)]))
