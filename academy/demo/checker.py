"""Check the demo content: all of it, or the files whose name has one of the words.

python -m academy.demo.checker
python -m academy.demo.checker modules/finding-data
"""

from __future__ import annotations

import csv
import difflib
import itertools
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from academy.demo.content import (
    CONTENT,
    FRAMEWORKS,
    LANGUAGES,
    Bank,
    Block,
    ContentError,
    Item,
    ItemText,
    Lesson,
    load_bank,
    load_kinds_bank,
    load_lesson,
    localised,
    module_codes,
    read,
    relative,
)
from academy.demo.shapes import MODULE, TAG, decimal

POSITION_SHARE = (0.15, 0.35)  # of four-option single-answer items, for each place of the key
POSITION_MINIMUM = 16  # such items, below which shares mean nothing
LENGTH_SHARE = 0.40  # of single-answer items, with the key the longest (or shortest) option
LENGTH_MINIMUM = 5
STEM_RATIO = 0.90  # above it two stems are the same question


Levels = dict[str, set[int]]  # competency id → its framework's levels
T = TypeVar("T")


def problems(root: Path = CONTENT, frameworks: Path = FRAMEWORKS) -> list[str]:
    """Everything wrong with the content, a line each, file first."""
    found: list[str] = []
    levels = framework_levels(frameworks)
    banks: list[Bank] = []
    for name in module_codes(root):
        banks += _check_module(root / "modules" / name, levels, found)
    for path in sorted((root / "placement").glob("*.yaml")):
        if bank := attempt(found, partial(load_bank, path)):
            found += placement_problems(bank)
            banks.append(bank)
    if kinds := attempt(found, partial(load_kinds_bank, root)):
        found += kinds_problems(kinds, root)
        banks.append(kinds)
    for bank in banks:
        found += bank_problems(bank, levels)
    for path in sorted(root.rglob("*.yaml")):
        found += percent_problems(path)
    found += duplicate_codes(banks)
    found += duplicate_stems(banks)
    return found


def attempt(found: list[str], load: Callable[[], T]) -> T | None:
    """What `load` returns, or nothing and its problems noted."""
    try:
        return load()
    except ContentError as error:
        found += error.problems
        return None


def _check_module(path: Path, levels: Levels, found: list[str]) -> list[Bank]:
    """Note a module's problems; return its bank, when it can be read."""
    data = attempt(found, partial(read, path / "module.yaml", MODULE))
    bank = attempt(found, partial(load_bank, path / "items.yaml"))
    slugs: list[str] = data["lessons"] if data else []
    if data:
        place = f"{relative(path)}/module.yaml"
        if data["code"] != path.name:
            found.append(f"{place}: the code {data['code']!r} is not the folder's name")
        for entry in data["teaches"]:
            found += competency_problems(entry["competency"], entry["level"], levels, place)
        found += unlisted_lessons(path, slugs)
    for slug in slugs:
        pair = [attempt(found, partial(load_lesson, path, slug, n)) for n in LANGUAGES]
        for lesson in pair:
            if lesson:
                found += lesson_problems(lesson, path)
        if pair[0] and pair[1]:
            found += pair_problems(pair[0], pair[1])
    if bank and data:
        found += lesson_references(bank, slugs)
    return [bank] if bank else []


def unlisted_lessons(module: Path, slugs: list[str]) -> Iterator[str]:
    expected = {f"{slug}.{language}.yaml" for slug in slugs for language in LANGUAGES}
    for path in sorted((module / "lessons").glob("*")):
        if path.name not in expected:
            yield f"{relative(path)}: not in the lessons of module.yaml"


def lesson_references(bank: Bank, slugs: list[str]) -> Iterator[str]:
    for item in bank.items:
        if item.lesson not in slugs:
            fault = f"{item.lesson!r} is not in module.yaml" if item.lesson else "is missing"
            yield f"{relative(bank.path)}: {item.code}: lesson {fault}"


def placement_problems(bank: Bank) -> Iterator[str]:
    place = relative(bank.path)
    for item in bank.items:
        if item.competency.replace(":", "-") != bank.path.stem:
            yield f"{place}: {item.code}: competency {item.competency!r} is not the file's"
        if item.lesson:
            yield f"{place}: {item.code}: a placement item names no lesson"


def kinds_problems(bank: Bank, root: Path) -> Iterator[str]:
    """A question of any kind names a lesson of a module; its gaps are marked in both stems."""
    place = relative(bank.path)
    for item in bank.items:
        module, _, slug = (item.lesson or "").partition("/")
        if not (root / "modules" / module / "lessons" / f"{slug}.en.yaml").is_file():
            yield f"{place}: {item.code}: there is no lesson {item.lesson!r}"
        names = sorted(part["name"] for part in item.parts.values() if "name" in part)
        for language in LANGUAGES:
            marked = sorted(re.findall(r"\[\[([^\]]*)\]\]", item.text(language).stem))
            if marked != names:
                yield f"{place}: {item.code} {language}: the stem marks {marked}, the gaps are {names}"


# Lessons: files, and the two languages side by side.


def lesson_problems(lesson: Lesson, module: Path) -> Iterator[str]:
    place = relative(lesson.path)
    kinds = [block.kind for block in lesson.blocks]
    if kinds[-1] != "sources" or kinds.count("sources") != 1:
        yield f"{place}: sources comes once, as the last block"
    for index, entry in enumerate(lesson.blocks, 1):
        where = f"{place}: blocks {index} ({entry.kind})"
        if entry.kind == "video":
            yield from video_problems(entry.value, module, lesson.language, where)
        folder = {"image": "images", "download": "data", "data_exercise": "data"}.get(entry.kind)
        if folder is None:
            continue
        path = localised(module / folder, entry.value["file"], lesson.language)
        if not path.is_file():
            yield f"{where}: the file {folder}/{entry.value['file']} is missing"
        elif entry.kind == "data_exercise":
            yield from exercise_problems(entry.value, path, where)


def video_problems(value: dict[str, Any], module: Path, language: str, place: str) -> Iterator[str]:
    """A video has its film, its still picture and its captions in the lesson's language."""
    for name in (value["file"], value["poster"], value["captions"]):
        path = localised(module / "videos", name, language)
        if not path.is_file():
            yield f"{place}: the file videos/{name} is missing"
        elif path.suffix == ".vtt" and not path.read_text(encoding="utf-8").startswith("WEBVTT"):
            yield f"{place}: {path.name} is not WebVTT: its first line must be WEBVTT"


def exercise_problems(value: dict[str, Any], path: Path, place: str) -> Iterator[str]:
    """The data of an exercise is small, rectangular, and has the columns that its chart names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if not 2 <= len(header) <= 4:
        yield f"{place}: {path.name} has {len(header)} columns, not 2 to 4"
    if not 1 <= len(rows) <= 15:
        yield f"{place}: {path.name} has {len(rows)} rows, not 1 to 15"
    if any(len(row) != len(header) for row in rows):
        yield f"{place}: {path.name} has rows longer or shorter than its header"
        return
    chart = value["chart"]
    if header and chart["label"] != header[0]:
        yield f"{place}: chart label {chart['label']!r} is not the first header of {path.name}"
    if chart["value"] not in header[1:]:
        yield f"{place}: chart value {chart['value']!r} is not among the headers {header[1:]}"
        return
    column = header.index(chart["value"])
    for index, row in enumerate(rows, 1):
        yield from decimal(row[column], f"{place}: {path.name} row {index}")


def pair_problems(en: Lesson, fr: Lesson) -> Iterator[str]:
    """Where the French lesson is not built like the English one."""
    place = relative(fr.path)
    if en.minutes != fr.minutes:
        yield f"{place}: minutes is {fr.minutes}, {en.minutes} in English"
    for index, (ours, theirs) in enumerate(itertools.zip_longest(fr.blocks, en.blocks), 1):
        if ours is None or theirs is None or ours.kind != theirs.kind:
            here, there = (b.kind if b else "nothing" for b in (ours, theirs))
            counts = f"{len(fr.blocks)} blocks, {len(en.blocks)} in English"
            yield f"{place}: blocks {index} is {here}, {there} in English ({counts})"
            return  # the rest would only repeat it
        mine, other = skeleton(ours), skeleton(theirs)
        for name in mine:
            if mine[name] != other.get(name):
                here, there = mine[name], other.get(name)
                yield f"{place}: blocks {index} ({ours.kind}): {name} is {here}, {there} in English"


def skeleton(block: Block) -> dict[str, Any]:
    """What a block must have in common with its translation."""
    value = block.value
    match block.kind:
        case "accordion" | "sources":
            return {"entries": len(value)}
        case "table":
            return {"columns": len(value["header"]), "rows": len(value["rows"])}
        case "image" | "download":
            return {"file": unlocalised(value["file"]), "keys": sorted(value)}
        case "video":
            names = (value["file"], value["poster"], value["captions"])
            return {"files": [unlocalised(name) for name in names]}
        case "callout":
            return {"kind": value["kind"]}
        case "check":
            return check_skeleton(value)
        case "data_exercise":
            chart = {"file": unlocalised(value["file"]), "chart kind": value["chart"]["kind"]}
            return chart | check_skeleton(value["question"])
        case _:
            return {}


def check_skeleton(value: dict[str, Any]) -> dict[str, Any]:
    answer = value.get("answer") or {}
    return {
        "kind": value["kind"],
        "correct": [option["correct"] for option in value.get("options", [])],
        "answer": (answer.get("value"), answer.get("tolerance")),
    }


def unlocalised(name: str) -> str:
    return re.sub(r"\.(en|fr)(?=\.\w+$)", "", name)


# Banks: structure, then habits that would give the key away.

BANNED = re.compile(
    r"\b(all|none|any) of (the above|these answers)\b|\b(toutes|aucune de) (ces|les) réponses\b"
    r"|\b(tout|toutes|aucune?) (de )?ce qui précède\b|\b(both|les deux) [a-e] (and|et) [a-e]\b",
    re.IGNORECASE,
)


def bank_problems(bank: Bank, levels: Levels) -> Iterator[str]:
    place = relative(bank.path)
    for entry in bank.items:
        where = f"{place}: {entry.code}"
        yield from competency_problems(entry.competency, entry.level, levels, where)
        ids = {language: [o.id for o in entry.text(language).options] for language in LANGUAGES}
        if ids["en"] != ids["fr"]:
            yield f"{where}: options are {ids['en']} in English, {ids['fr']} in French"
        for language in LANGUAGES:
            yield from option_problems(entry.text(language), f"{where} {language}")
    yield from position_problems(bank)
    for language in LANGUAGES:
        yield from length_problems(bank, language)


def option_problems(text: ItemText, place: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for option in text.options:
        if BANNED.search(option.text):
            yield f"{place}: option {option.id} refers to the other options: {option.text!r}"
        same = seen.setdefault(normalised(option.text), option.id)
        if same != option.id:
            yield f"{place}: options {same} and {option.id} say the same"


def position_problems(bank: Bank) -> Iterator[str]:
    """Each place holds the key often enough, and none too often."""
    four = [i for i in bank.items if i.type == "single" and len(i.en.options) == 4]
    if len(four) < POSITION_MINIMUM:
        return
    used = Counter([o.id for o in i.en.options].index(i.key[0]) for i in four)
    least, most = POSITION_SHARE
    for position in range(4):
        share = used[position] / len(four)
        if not least <= share <= most:
            yield (
                f"{relative(bank.path)}: option {position + 1} of 4 is the key of {used[position]} "
                f"of {len(four)} single-answer items, {share:.0%} (from {least:.0%} to {most:.0%})"
            )


def length_problems(bank: Bank, language: str) -> Iterator[str]:
    """The length of an option says nothing of whether it is the key."""
    single = [i for i in bank.items if i.type == "single"]
    if len(single) < LENGTH_MINIMUM:
        return
    for word, sign in (("longest", 1), ("shortest", -1)):
        codes = [i.code for i in single if stands_out(i, language, sign)]
        share = len(codes) / len(single)
        if share > LENGTH_SHARE:
            yield (
                f"{relative(bank.path)}: {language}: the key is the {word} option in {len(codes)} "
                f"of {len(single)} single-answer items, {share:.0%} "
                f"(at most {LENGTH_SHARE:.0%}): {', '.join(codes)}"
            )


def stands_out(item: Item, language: str, sign: int) -> bool:
    """Whether the key is longer (sign 1) or shorter (-1) than every other option."""
    text = item.text(language)
    key = sign * len(text.option(item.key[0]).text)
    return all(key > sign * len(o.text) for o in text.options if o.id != item.key[0])


def duplicate_codes(banks: list[Bank]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for bank in banks:
        place = relative(bank.path)
        for what in [f"bank {bank.code}", *(f"item {item.code}" for item in bank.items)]:
            if what in seen:
                yield f"{place}: {what} is already in {seen[what]}"
            seen.setdefault(what, place)


def duplicate_stems(banks: list[Bank]) -> Iterator[str]:
    """Pairs of items, over all banks, that ask the same in (nearly) the same words."""
    for language in LANGUAGES:
        stems = [
            (f"{relative(bank.path)}: {item.code}", normalised(item.text(language).stem))
            for bank in banks
            for item in bank.items
        ]
        for (other, theirs), (place, ours) in itertools.combinations(stems, 2):
            if (ratio := likeness(ours, theirs)) > STEM_RATIO:
                yield f"{place} {language}: the stem is that of {other} ({ratio:.0%} alike)"


def normalised(text: str) -> str:
    """Text without tags, accents, punctuation or case."""
    bare = unicodedata.normalize("NFKD", TAG.sub(" ", text)).casefold()
    letters = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", letters))


def likeness(a: str, b: str) -> float:
    """difflib's ratio, or 0 where its cheap upper bounds already rule out a duplicate."""
    if a == b:
        return 1.0
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    for bound in (matcher.real_quick_ratio, matcher.quick_ratio):
        if bound() <= STEM_RATIO:
            return 0.0
    return matcher.ratio()


# Words.

#: How a percentage is not written: English puts no space before the sign, French one that does not break.
PERCENT_FAULTS = {"en": re.compile(r"\d[ \u00a0\u202f]%"), "fr": re.compile(r"\d ?%")}


def percent_problems(path: Path) -> Iterator[str]:
    """Percentages that are not written as their language does."""
    try:
        data = read(path, lambda value, place: iter(()))
    except ContentError:
        return  # noted where the file was read for its shape
    language = next((one for one in LANGUAGES if path.stem.endswith(f".{one}")), "")
    for words, of in texts(data, language):
        if of and not words.startswith("https:") and (fault := PERCENT_FAULTS[of].search(words)):
            start = max(fault.start() - 20, 0)
            yield f"{relative(path)}: {of}: write the percentage as the language does: {words[start : fault.end()]!r}"


def texts(value: Any, language: str) -> Iterator[tuple[str, str]]:
    """Every text of a file, with its language."""
    if isinstance(value, str):
        yield value, language
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry, language)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from texts(entry, key if key in LANGUAGES else language)


# Competencies.


def framework_levels(folder: Path = FRAMEWORKS) -> Levels:
    """Every competency of the frameworks, e.g. digcomp-2.2:1.2; empty without the folder."""
    found: Levels = {}
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        levels = {level["num"] for level in data["levels"]}
        for area in data["areas"]:
            for competency in area["competencies"]:
                found[f"{data['code']}:{competency['code']}"] = levels
    return found


def competency_problems(competency: str, level: int, levels: Levels, place: str) -> Iterator[str]:
    if not levels:
        return
    if competency not in levels:
        yield f"{place}: unknown competency {competency!r}"
    elif level not in levels[competency]:
        yield f"{place}: {competency} has no level {level}"


def main(words: list[str]) -> int:
    """Print the problems, or those that mention one of the words."""
    found = [line for line in problems() if not words or any(word in line for word in words)]
    for line in found:
        print(line)
    banks = [*CONTENT.glob("**/items.yaml"), *(CONTENT / "placement").glob("*.yaml")]
    print(f"{len(found)} problems ({len(module_codes())} modules, {len(banks)} banks)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
