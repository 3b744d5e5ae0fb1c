"""Frameworks come from files: loaded once, versioned when they change, refused whole when wrong."""

import copy
import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from academy.competencies.models import (
    Area,
    Competency,
    Framework,
    FrameworkVersion,
    ProficiencyLevel,
)
from academy.competencies.services import FrameworkError, load_framework
from tests.factories.competencies import CompetencyRecordFactory

pytestmark = pytest.mark.django_db

SHIPPED = Path(settings.BASE_DIR) / "academy" / "competencies" / "frameworks"
DOCUMENT = {
    "code": "skills",
    "title": "Skills",
    "title_fr": "Compétences",
    "publisher": "Tests",
    "year": 2024,
    "levels": [
        {"num": 1, "band": "Low", "band_fr": "Bas"},
        {"num": 2, "band": "Low", "band_fr": "Bas"},
        {"num": 3, "band": "High", "band_fr": "Haut"},
    ],
    "areas": [
        {
            "code": "A",
            "title": "Area",
            "competencies": [
                {"code": "A.1", "title": "Reading", "title_fr": "Lire"},
                {"code": "A.2", "title": "Writing", "title_fr": "Écrire"},
            ],
        }
    ],
}


def changed(change) -> bytes:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return json.dumps(document).encode()


def load(document=DOCUMENT):
    return load_framework(json.dumps(document).encode())


# --- The files that come with the academy ---------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "code", "competencies", "areas", "levels", "bands"),
    [
        ("digcomp-2.2.json", "digcomp-2.2", 21, 5, 8, 4),
        ("stats-nz-data-capability.json", "stats-nz-dcf", 25, 1, 3, 3),
    ],
)
def test_a_shipped_framework_loads_whole_in_both_languages(
    file, code, competencies, areas, levels, bands
):
    framework, is_new = load_framework((SHIPPED / file).read_bytes())
    assert is_new
    assert framework.code == code
    assert framework.competencies.count() == competencies
    assert framework.areas.count() == areas
    assert framework.levels.count() == levels
    assert framework.levels.values("band").distinct().count() == bands
    titled = [framework, *framework.competencies.all(), *framework.areas.all()]
    for words in [one.title for one in titled] + [one.band_title for one in framework.levels.all()]:
        assert words["en"]
        assert words["fr"]


def test_both_shipped_frameworks_stand_side_by_side():
    for file in SHIPPED.glob("*.json"):
        load_framework(file.read_bytes())
    assert Framework.objects.count() == 2
    assert Competency.objects.get(ref="digcomp-2.2:1.2").title["en"].startswith("Evaluating data")
    assert Competency.objects.filter(ref="stats-nz-dcf:1").exists()


# --- Loading again --------------------------------------------------------------------------------


def test_the_same_bytes_change_nothing():
    framework, _ = load()
    before = list(Competency.objects.values())
    assert load() == (framework, False)
    assert FrameworkVersion.objects.count() == 1
    assert list(Competency.objects.values()) == before


def test_a_changed_title_is_a_new_version_of_the_same_competency():
    load()
    competency = Competency.objects.get(ref="skills:A.1")

    def retitle(document):
        document["areas"][0]["competencies"][0]["title"] = "Close reading"

    framework, is_new = load_framework(changed(retitle))
    assert is_new
    assert [one.number for one in framework.versions.all()] == [2, 1]
    after = Competency.objects.get(ref="skills:A.1")
    assert after.pk == competency.pk
    assert after.uuid == competency.uuid
    assert after.title == {"en": "Close reading", "fr": "Lire"}


def test_a_version_keeps_the_file_as_it_was():
    framework, _ = load()
    load_framework(changed(lambda document: document.update(title="Abilities")))
    assert framework.versions.get(number=1).document == DOCUMENT


def test_a_competency_that_is_gone_is_retired_and_its_records_stay():
    load()
    gone = Competency.objects.get(ref="skills:A.2")
    record = CompetencyRecordFactory(competency=gone)
    load_framework(changed(lambda document: document["areas"][0]["competencies"].pop()))
    gone.refresh_from_db()
    record.refresh_from_db()
    assert gone.is_retired
    assert record.competency == gone
    assert not Competency.objects.get(ref="skills:A.1").is_retired


def test_a_retired_competency_that_comes_back_is_itself_again():
    load()
    before = Competency.objects.get(ref="skills:A.2")
    load_framework(changed(lambda document: document["areas"][0]["competencies"].pop()))
    _framework, is_new = load()
    after = Competency.objects.get(ref="skills:A.2")
    assert is_new
    assert after.pk == before.pk
    assert not after.is_retired
    assert FrameworkVersion.objects.count() == 3


def test_another_framework_is_not_retired_along():
    load()

    def another(document):
        document["code"] = "other"
        document["areas"][0]["competencies"] = [{"code": "B.1", "title": "Counting"}]

    load_framework(changed(another))
    assert not Competency.objects.filter(is_retired=True).exists()
    assert Competency.objects.count() == 3


def test_levels_of_one_title_are_one_band():
    load()
    bands = ProficiencyLevel.objects.order_by("number").values_list("band", flat=True)
    assert list(bands) == [0, 0, 1]


# --- Files that are wrong -------------------------------------------------------------------------


def without(*path):
    """A change that removes the value at the path of keys."""

    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def with_value(value, *path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


FIRST = ("areas", 0, "competencies", 0)
WRONG = {
    "not JSON": (b"{", "not valid JSON"),
    "empty": (b"", "not valid JSON"),
    "not text": (b"\xff\xfe\xfa", "not valid JSON"),
    "a list": (b"[]", "one JSON object"),
    "null": (b"null", "one JSON object"),
    "no code": (changed(without("code")), "“code”"),
    "no title": (changed(without("title")), "“title”"),
    "no publisher": (changed(without("publisher")), "“publisher”"),
    "no levels": (changed(without("levels")), "“levels”"),
    "no areas": (changed(with_value([], "areas")), "“areas”"),
    "levels out of order": (changed(with_value(5, "levels", 1, "num")), "1, 2, 3"),
    "a level without a number": (changed(without("levels", 0, "num")), "“levels 1: num”"),
    "levels that are words": (changed(with_value(["Low"], "levels")), "“levels 1: num”"),
    "levels that are a word": (changed(with_value("Low", "levels")), "“levels”"),
    "a level without a name": (changed(without("levels", 0, "band")), "“levels 1: title”"),
    "a code twice": (changed(with_value("A.2", *FIRST, "code")), "code of its own"),
    "a competency without a code": (changed(without(*FIRST, "code")), "competencies 1: code”"),
    "a competency without a title": (changed(without(*FIRST, "title")), "competencies 1: title”"),
    "a competency that is a word": (changed(with_value("A.1", *FIRST)), "competencies 1: code”"),
    "an area without a code": (changed(without("areas", 0, "code")), "“areas 1: code”"),
    "an area without a title": (changed(without("areas", 0, "title")), "“areas 1: title”"),
    "an area without competencies": (
        changed(without("areas", 0, "competencies")),
        "“areas 1: competencies”",
    ),
    "an area that is a word": (changed(with_value("A", "areas", 0)), "“areas 1: code”"),
    "an area twice": (
        changed(lambda document: document["areas"].append({**DOCUMENT["areas"][0]})),
        "code of its own",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_in_words_and_nothing_is_loaded(case):
    content, words = WRONG[case]
    with pytest.raises(FrameworkError) as refused:
        load_framework(content)
    assert words in refused.value.message
    for model in (Framework, FrameworkVersion, Area, Competency, ProficiencyLevel):
        assert not model.objects.exists(), model


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_leaves_what_was_loaded_before(case):
    load()
    before = list(Competency.objects.values())
    with pytest.raises(FrameworkError):
        load_framework(WRONG[case][0])
    assert list(Competency.objects.values()) == before
    assert FrameworkVersion.objects.count() == 1


# --- The command ----------------------------------------------------------------------------------


def run(path) -> str:
    out = StringIO()
    call_command("load_framework", str(path), stdout=out)
    return out.getvalue().strip()


def test_the_command_says_what_it_did(tmp_path):
    file = tmp_path / "skills.json"
    file.write_text(json.dumps(DOCUMENT))
    assert run(file) == "skills: loaded, version 1, 2 competencies"
    assert run(file) == "skills: unchanged, version 1, 2 competencies"
    file.write_bytes(changed(lambda document: document["areas"][0]["competencies"].pop()))
    assert run(file) == "skills: loaded, version 2, 1 competencies"


def test_the_command_says_what_is_wrong(tmp_path):
    file = tmp_path / "skills.json"
    with pytest.raises(CommandError, match=r"Cannot read .*skills\.json: No such file"):
        run(file)
    file.write_text("{")
    with pytest.raises(CommandError, match="not valid JSON"):
        run(file)
    assert not Framework.objects.exists()
