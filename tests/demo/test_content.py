"""The demo content holds to its format, and the checker sees when it does not."""

import copy
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from academy.demo import checker, content, shapes

NOWHERE = Path("/nonexistent")


# --- What ships ------------------------------------------------------------------------------


def test_shipped_content_has_no_problems() -> None:
    assert checker.problems() == []


@pytest.mark.parametrize("code", content.module_codes())
def test_module_size(code: str) -> None:
    module = content.load_module(code)
    assert 4 <= len(module.lessons) <= 6
    assert len(module.bank.items) >= 25
    assert {item.lesson for item in module.bank.items} == set(module.lessons)


def test_there_are_modules_and_placement_banks() -> None:
    assert len(content.load_modules()) >= 3
    assert len(content.load_placement_banks()) >= 4


@pytest.mark.parametrize(
    "path", sorted((content.CONTENT / "placement").glob("*.yaml")), ids=lambda path: path.stem
)
def test_placement_bank_spans_the_scale(path: Path) -> None:
    bank = content.load_bank(path)
    difficulties = sorted(item.difficulty for item in bank.items)
    assert len(difficulties) >= 20
    assert difficulties[0] <= -2
    assert difficulties[-1] >= 2
    gaps = [high - low for low, high in pairwise(difficulties)]
    assert max(gaps) <= 0.5, "a stretch of the scale without items"
    assert len({item.level for item in bank.items}) >= 3


@pytest.mark.parametrize(
    "path", sorted((content.CONTENT / "placement").glob("*.yaml")), ids=lambda path: path.stem
)
def test_levels_rise_with_difficulty(path: Path) -> None:
    by_difficulty = sorted(content.load_bank(path).items, key=lambda item: item.difficulty)
    levels = [item.level for item in by_difficulty]
    assert levels == sorted(levels)


# --- A small content folder, sound until a test spoils it ------------------------------------

WORDS = ["heron", "maple", "river", "stone", "basin", "cedar", "delta"]
WORDS += ["ember", "flint", "grove", "inlet", "ridge", "fjord", "moss"]


def options(index: int) -> dict[str, dict[str, str]]:
    words = [WORDS[(index + place) % len(WORDS)] for place in range(4)]
    return {
        id: {"text": word.ljust(size, "x"), "feedback": f"Why {word}."}
        for id, word, size in zip("abcd", words, (30, 20, 25, 15), strict=True)
    }


def item(index: int) -> dict[str, Any]:
    text = {
        "stem": f"<p>{' '.join(Random(index).sample(WORDS, 9))}?</p>",
        "options": options(index),
        "explanation": "<p>Because.</p>",
    }
    return {
        "code": f"t-{index:03}",
        "type": "single",
        "competency": "digcomp-2.2:1.2",
        "level": 3,
        "difficulty": 0.0,
        "lesson": "01-start",
        "key": ["abcd"[index % 4]],
        "en": copy.deepcopy(text),
        "fr": copy.deepcopy(text),
    }


def check() -> dict[str, Any]:
    return {
        "kind": "single",
        "stem": "<p>Which?</p>",
        "options": [
            {"text": "This", "correct": True, "feedback": "Yes."},
            {"text": "That", "correct": False, "feedback": "No."},
        ],
        "explanation": "<p>Because.</p>",
    }


def lesson() -> dict[str, Any]:
    return {
        "title": "Start",
        "summary": "One sentence.",
        "minutes": 6,
        "blocks": [
            {"heading": "Heading"},
            {"text": '<p>Text, <b>bold</b>, <a href="https://example.org/">link</a>.</p>'},
            {"image": {"file": "picture.svg", "alt": "A picture."}},
            {"callout": {"kind": "tip", "title": "Tip", "body": "<p>Body.</p>"}},
            {"accordion": [{"title": "One", "body": "<p>Body.</p>"}]},
            {"table": {"caption": "Table", "header": ["A", "B"], "rows": [["a", "1"]]}},
            {"check": check()},
            {
                "data_exercise": {
                    "title": "Exercise",
                    "intro": "<p>Look.</p>",
                    "file": "data.csv",
                    "chart": {"kind": "bar", "label": "Region", "value": "Count"},
                    "question": check(),
                }
            },
            {
                "video": {
                    "title": "Film",
                    "file": "film.webm",
                    "poster": "film.png",
                    "captions": "film.vtt",
                    "transcript": "<p>Words.</p>",
                }
            },
            {"sources": [{"title": "Source", "url": "https://example.org/", "date": "2024"}]},
        ],
    }


def module() -> dict[str, Any]:
    both = {"en": "Text", "fr": "Texte"}
    return {
        "code": "sample",
        "title": both,
        "summary": both,
        "outcome": both,
        "measured_by": both,
        "minutes": 30,
        "teaches": [{"competency": "digcomp-2.2:1.2", "level": 3}],
        "lessons": ["01-start"],
    }


class Folder:
    """A content folder in a temporary place, with files to edit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.module = root / "modules" / "sample"
        self.items = self.module / "items.yaml"
        self.placement = root / "placement" / "digcomp-2.2-1.2.yaml"

    def lesson(self, language: str) -> Path:
        return self.module / "lessons" / f"01-start.{language}.yaml"

    def write(self, path: Path, data: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))

    def edit(self, path: Path, change: Callable[[Any], Any]) -> None:
        data = yaml.safe_load(path.read_text())
        change(data)
        self.write(path, data)

    def problems(self, frameworks: Path = NOWHERE) -> list[str]:
        return checker.problems(self.root, frameworks)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    both = {"en": "Text", "fr": "Texte"}
    made.write(made.module / "module.yaml", module())
    for language in content.LANGUAGES:
        made.write(made.lesson(language), lesson())
    made.write(made.items, {"bank": "sample", "title": both, "items": [item(n) for n in range(16)]})
    for name, body in {
        "images/picture.svg": "<svg/>",
        "data/data.csv": "Region,Count\nN,4\n",
        "videos/film.webm": "",
        "videos/film.png": "",
        "videos/film.vtt": "WEBVTT\n",
    }.items():
        path = made.module / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(body)
    return made


def spoil_items(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Folder], None]:
    return lambda folder: folder.edit(folder.items, lambda data: change(data["items"]))


def spoil_lesson(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Folder], None]:
    return lambda folder: folder.edit(folder.lesson("fr"), lambda data: change(data["blocks"]))


def key_longest(items: list[dict[str, Any]]) -> None:
    for entry in items:
        for language in content.LANGUAGES:
            entry[language]["options"][entry["key"][0]]["text"] += "y" * 40


def key_shortest(items: list[dict[str, Any]]) -> None:
    for entry in items:
        for language in content.LANGUAGES:
            entry[language]["options"][entry["key"][0]]["text"] = entry["code"]


def key_first(items: list[dict[str, Any]]) -> None:
    for entry in items:
        entry["key"] = ["a"]


def to_numeric(entry: dict[str, Any]) -> None:
    entry["type"] = "numeric"


def copy_stem(items: list[dict[str, Any]]) -> None:
    items[3]["en"]["stem"] = items[1]["en"]["stem"].upper().replace("P>", "p>")


def nearly_copy_stem(items: list[dict[str, Any]]) -> None:
    items[3]["fr"]["stem"] = items[1]["fr"]["stem"].replace("?", " now?")


def test_a_sound_folder_has_no_problems(folder: Folder) -> None:
    assert folder.problems() == []
    loaded = content.load_module("sample", folder.root)
    assert loaded.title["fr"] == "Texte"
    assert loaded.in_language("fr")[0].blocks[0] == content.Block("heading", "Heading")
    assert loaded.bank.items[1].text("en").option("b").feedback


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_items(copy_stem), "t-003 en: the stem is that of modules/sample/items.yaml: t-001"),
        (spoil_items(nearly_copy_stem), "t-003 fr: the stem is that of"),
        (spoil_items(key_longest), "fr: the key is the longest option in 16 of 16"),
        (spoil_items(key_shortest), "en: the key is the shortest option in 16 of 16"),
        (spoil_items(key_first), "option 1 of 4 is the key of 16 of 16"),
        (spoil_items(lambda i: i[0].update(hint="x")), "items t-000: unknown key 'hint'"),
        (spoil_items(lambda i: i[0].update(level="3")), "t-000 level: expected a whole number"),
        (spoil_items(lambda i: i[0].update(difficulty=4)), "t-000 difficulty: expected a number"),
        (spoil_items(lambda i: i[0].update(key=["e"])), "t-000 en: key names the option 'e'"),
        (spoil_items(lambda i: i[0].update(key=["a", "b"])), "has one right option, found 2"),
        (spoil_items(lambda i: i[0].update(type="multiple")), "two right options or more, found 1"),
        (spoil_items(lambda i: to_numeric(i[0])), "t-000: answer is missing"),
        (spoil_items(lambda i: to_numeric(i[0])), "t-000 fr: a numeric item has no options"),
        (spoil_items(lambda i: i[0].update(code="t-001")), "item t-001 is already in"),
        (spoil_items(lambda i: i[0].update(lesson="02-no")), "t-000: lesson '02-no' is not in"),
        (spoil_items(lambda i: i[0].pop("lesson")), "t-000: lesson is missing"),
        (
            spoil_items(lambda i: i[0]["fr"]["options"]["c"].pop("feedback")),
            "t-000 fr options c: feedback is missing",
        ),
        (spoil_items(lambda i: i[0]["fr"]["options"].pop("c")), "t-000: options are"),
        (
            spoil_items(lambda i: i[0]["en"]["options"]["c"].update(text="All of the above")),
            "t-000 en: option c refers to the other options",
        ),
        (
            spoil_items(lambda i: i[0]["fr"]["options"]["c"].update(text="Toutes ces réponses")),
            "t-000 fr: option c refers to the other options",
        ),
        (
            spoil_items(lambda i: i[0]["fr"]["options"]["c"].update(i[0]["fr"]["options"]["d"])),
            "t-000 fr: options c and d say the same",
        ),
        (
            spoil_items(lambda i: i[0]["en"]["options"]["c"].update(text="Some 48 % of us")),
            "items.yaml: en: write the percentage as the language does: 'Some 48 %'",
        ),
        (
            spoil_items(lambda i: i[0]["fr"]["options"]["c"].update(text="Près de 48 % de nous")),
            "items.yaml: fr: write the percentage as the language does: 'Près de 48 %'",
        ),
        (
            spoil_lesson(lambda b: b[1].update(text="<p>Près de 48% de nous.</p>")),
            "01-start.fr.yaml: fr: write the percentage as the language does",
        ),
        (spoil_items(lambda i: i[0]["fr"].update(stem="<h1>No</h1>")), "<h1> is not allowed"),
        (spoil_items(lambda i: i[0]["fr"].update(stem="<p>No")), "<p> is not closed"),
        (spoil_lesson(lambda b: b.pop(1)), "blocks 2 is image, text in English (9 blocks, 10"),
        (spoil_lesson(lambda b: b.append({"text": "<p>After.</p>"})), "as the last block"),
        (spoil_lesson(lambda b: b[0].update(text="<p>Two.</p>")), "blocks 1: expected one block"),
        (spoil_lesson(lambda b: b.insert(0, {"quiz": "x"})), "unknown block 'quiz'"),
        (spoil_lesson(lambda b: b[2]["image"].update(file="no.svg")), "images/no.svg is missing"),
        (spoil_lesson(lambda b: b[2]["image"].pop("alt")), "blocks 3 (image): alt is missing"),
        (
            spoil_lesson(lambda b: b[3]["callout"].update(kind="note")),
            "blocks 4 (callout): kind is note, tip in English",
        ),
        (
            spoil_lesson(lambda b: b[6]["check"]["options"].reverse()),
            "blocks 7 (check): correct is [False, True], [True, False] in English",
        ),
        (
            spoil_lesson(lambda b: b[7]["data_exercise"]["chart"].update(value="Total")),
            "chart value 'Total' is not among the headers",
        ),
        (
            spoil_lesson(lambda b: b[5]["table"]["rows"].append(["b"])),
            "table) rows 2: 1 cells under 2 headers",
        ),
        (
            spoil_lesson(lambda b: b[8]["video"].update(poster="no.png")),
            "blocks 9 (video): the file videos/no.png is missing",
        ),
        (
            spoil_lesson(lambda b: b[8]["video"].update(captions="film.png")),
            "blocks 9 (video): files is ['film.webm', 'film.png', 'film.png']",
        ),
        (spoil_lesson(lambda b: b[8]["video"].pop("transcript")), "transcript is missing"),
        (
            lambda folder: (folder.module / "videos" / "film.fr.vtt").write_text("Hello"),
            "01-start.fr.yaml: blocks 9 (video): film.fr.vtt is not WebVTT",
        ),
        (
            spoil_lesson(lambda b: b[9]["sources"][0].update(date=2024)),
            "(sources) 1 date: expected text (in quotes), found 2024",
        ),
        (
            spoil_lesson(lambda b: b[1].update(text='<p><a href="http://a.b">x</a></p>')),
            "is not https",
        ),
        (lambda folder: folder.lesson("fr").unlink(), "01-start.fr.yaml: the file is missing"),
        (lambda folder: folder.items.unlink(), "modules/sample/items.yaml: the file is missing"),
        (
            lambda folder: shutil.copy(folder.items, folder.lesson("en").with_name("02-x.en.yaml")),
            "02-x.en.yaml: not in the lessons of module.yaml",
        ),
        (
            lambda folder: folder.items.write_text("bank: a\nbank: b\n"),
            "items.yaml line 2: the key 'bank' is written twice",
        ),
        (lambda folder: folder.items.write_text("bank: [a\n"), "modules/sample/items.yaml line"),
        (
            lambda folder: folder.edit(folder.module / "module.yaml", lambda d: d.update(code="x")),
            "the code 'x' is not the folder's name",
        ),
    ],
)
def test_problems_are_seen(folder: Folder, spoil: Callable[[Folder], Any], expected: str) -> None:
    spoil(folder)
    found = folder.problems()
    assert any(expected in line for line in found), found
    assert all(line.startswith(("modules/", "placement/")) for line in found)


def test_placement_items_are_of_the_file_and_name_no_lesson(folder: Folder) -> None:
    data = yaml.safe_load(folder.items.read_text())
    folder.items.unlink()
    data["items"][0]["competency"] = "digcomp-2.2:4.2"
    folder.write(folder.placement, data | {"bank": "placement-digcomp-1-2"})
    found = folder.problems()
    assert "placement/digcomp-2.2-1.2.yaml: t-003: a placement item names no lesson" in found
    assert any("t-000: competency 'digcomp-2.2:4.2' is not the file's" in line for line in found)


def test_banks_are_compared_with_each_other(folder: Folder) -> None:
    shutil.copytree(folder.module, folder.module.with_name("other"))
    found = folder.problems()
    assert "modules/sample/items.yaml: item t-000 is already in modules/other/items.yaml" in found
    assert any("sample/items.yaml: t-000 fr: the stem is that of" in line for line in found)


def test_competencies_exist(folder: Folder, tmp_path: Path) -> None:
    frameworks = tmp_path / "frameworks"
    frameworks.mkdir()
    (frameworks / "digcomp.json").write_text(
        '{"code": "digcomp-2.2", "levels": [{"num": 3}], "areas": [{"competencies": '
        '[{"code": "1.2"}]}]}'
    )
    assert folder.problems(frameworks) == []
    spoil_items(lambda i: (i[0].update(level=8), i[1].update(competency="digcomp-2.2:9.9")))(folder)
    assert folder.problems(frameworks) == [
        "modules/sample/items.yaml: t-000: digcomp-2.2:1.2 has no level 8",
        "modules/sample/items.yaml: t-001: unknown competency 'digcomp-2.2:9.9'",
    ]


def test_a_localised_file_comes_first(folder: Folder) -> None:
    own = folder.module / "data" / "data.fr.csv"
    own.write_text("Région,Nombre\nN,4\n")
    loaded = content.load_module("sample", folder.root)
    assert loaded.data("data.csv", "fr") == own
    assert loaded.data("data.csv", "en").name == "data.csv"
    assert any("chart value 'Count'" in line for line in folder.problems())


def test_loading_what_does_not_fit_raises(folder: Folder) -> None:
    spoil_items(lambda i: i[0]["en"].pop("explanation"))(folder)
    with pytest.raises(content.ContentError, match="items t-000 en: explanation is missing"):
        content.load_bank(folder.items)


def test_the_command_prints_and_fails(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ["modules/a/items.yaml: one", "modules/b/items.yaml: two"]
    monkeypatch.setattr(checker, "problems", lambda: found)
    assert checker.main(["modules/b"]) == 1
    assert "two" in (output := capsys.readouterr().out)
    assert "one" not in output
    assert checker.main(["modules/c"]) == 0
    assert checker.main([]) == 1


# --- One of each kind -----------------------------------------------------------------------------


def kind_items() -> list[dict[str, Any]]:
    path = content.CONTENT / "kinds" / "items.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["items"]


def test_each_kind_of_question_has_an_example() -> None:
    assert {one["type"] for one in kind_items()} >= set(shapes.BLOCK_OF)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda i: i["fr"]["parts"].pop("c"), "fr: parts are"),
        (lambda i: i["parts"].update(c={"block": "step"}), "parts c block: expected one of gap"),
        (lambda i: i["parts"]["a"].pop("kind"), "parts a: kind is missing"),
        (lambda i: i["en"]["parts"]["a"].update(hint="x"), "parts a: unknown key 'hint'"),
        (lambda i: i.update(value={"value": "1", "tolerance": "0"}), "value is what a numeric"),
        (lambda i: i["parts"]["a"].update(name="other"), "the stem marks"),
        (lambda i: i.update(lesson="finding-data/99-no"), "there is no lesson"),
    ],
)
def test_problems_of_each_kind_are_seen(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], expected: str
) -> None:
    shutil.copytree(content.CONTENT / "modules", tmp_path / "modules")
    cloze = next(one for one in kind_items() if one["type"] == "cloze")
    change(cloze)
    folder = Folder(tmp_path)
    both = {"en": "Text", "fr": "Texte"}
    folder.write(
        tmp_path / "kinds" / "items.yaml", {"bank": "kinds", "title": both, "items": [cloze]}
    )
    found = [line for line in folder.problems() if line.startswith("kinds/")]
    assert any(expected in line for line in found), found
