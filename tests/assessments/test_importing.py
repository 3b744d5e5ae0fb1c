"""Questions from a file into a bank: previewed, written once, changed when the file changes."""

import io
import json
import uuid

import pytest
from django.core.management import CommandError, call_command

from academy.core.errors import AcademyError
from academy.media.models import AcademyImage
from assessments.exporting import bank_keys, export
from assessments.importing import Choices, apply_import, plan_import, report_csv
from assessments.models import ImportSource, Item, ItemBank, ItemContent
from tests.assessments.exchange.files import PICTURE, answer, archive, choice2, question, quiz
from tests.factories import teaching

pytestmark = pytest.mark.django_db
CHOICES = Choices(competency="skills:A.1", level=2)
GIFT = (
    "::One:: What? {=a#yes ~b#no ####why}\n\n::Two:: How many? {#3:1}\n\n::Three:: Broken {=a ~b\n"
)


@pytest.fixture
def bank() -> ItemBank:
    teaching.competency()
    return ItemBank.objects.create(code="bank", title={"en": "Bank"})


def imported(bank: ItemBank, data: str | bytes, choices: Choices = CHOICES, name: str = "file"):
    data = data.encode() if isinstance(data, str) else data
    return apply_import(name=name, data=data, bank=bank, choices=choices)


def planned(bank: ItemBank, data: str | bytes, choices: Choices = CHOICES):
    data = data.encode() if isinstance(data, str) else data
    return plan_import(name="file", data=data, bank=bank, choices=choices)


def outcomes(report) -> list[str]:
    return [row.outcome for row in report.rows]


def said(report, severity: str = "refused") -> str:
    return "\n".join(
        f"{note.what}: {note.why}"
        for row in report.rows
        for note in row.item.notes
        if note.severity == severity
    )


def test_a_preview_writes_nothing_and_says_what_the_import_does(bank):
    report = planned(bank, GIFT)
    assert outcomes(report) == ["new", "new", "refused"]
    assert not report.is_applied
    assert ItemContent.objects.count() == ImportSource.objects.count() == 0
    done = imported(bank, GIFT)
    assert outcomes(done) == outcomes(report)
    assert done.is_applied
    one = bank.items.get(code="bank-001")
    assert (one.item_type, one.status, one.level, one.competency.ref) == (
        "single", "active", 2, "skills:A.1",
    )  # fmt: skip
    words = one.current_version.content["languages"]["en"]
    assert words["stem"] == "<p>What?</p>"
    assert words["explanation"] == "<p>why</p>"
    assert [(option["text"], option["feedback"]) for option in words["options"]] == [
        ("a", "yes"),
        ("b", "no"),
    ]
    assert one.current_version.content["key"] == words["options"][0]["id"]


def test_importing_again_changes_nothing(bank):
    imported(bank, GIFT)
    before = list(Item.objects.values("pk", "current_version", "current_version__number"))
    revisions = [content.revisions.count() for content in ItemContent.objects.all()]
    assert outcomes(imported(bank, GIFT)) == ["unchanged", "unchanged", "refused"]
    assert list(Item.objects.values("pk", "current_version", "current_version__number")) == before
    assert [content.revisions.count() for content in ItemContent.objects.all()] == revisions


def test_a_question_that_changed_gets_a_new_revision_and_keeps_its_options(bank):
    imported(bank, GIFT)
    item = bank.items.get(code="bank-001")
    first = item.current_version
    report = imported(bank, GIFT.replace("~b#no", "~c#no"))
    assert outcomes(report) == ["updated", "unchanged", "refused"]
    item.refresh_from_db()
    assert item.current_version.number == 2
    ids = [one["id"] for one in first.content["languages"]["en"]["options"]]
    assert [one["id"] for one in item.current_version.content["languages"]["en"]["options"]] == ids
    assert bank.items.count() == 2


def test_words_that_somebody_changed_here_stay_while_the_file_says_the_same(bank):
    imported(bank, GIFT)
    content = ItemContent.objects.get(code="bank-001")
    content.stem = "<p>Better?</p>"
    content.save_revision(clean=False).publish()
    assert outcomes(imported(bank, GIFT))[0] == "unchanged"
    content.refresh_from_db()
    assert content.stem == "<p>Better?</p>"
    report = imported(bank, GIFT.replace("####why", "####so"))
    assert outcomes(report)[0] == "updated"
    assert "Somebody has changed it" in said(report, "changed")


def test_all_or_nothing_writes_nothing_if_one_is_refused(bank):
    all_or_nothing = Choices(competency="skills:A.1", level=2, all_or_nothing=True)
    report = imported(bank, GIFT, all_or_nothing)
    assert not report.is_applied
    assert ItemContent.objects.count() == 0
    assert "Nothing was imported" in report.notes[-1].why
    whole = GIFT.replace("::Three:: Broken {=a ~b\n", "")
    assert imported(bank, whole, all_or_nothing).is_applied
    assert bank.items.count() == 2


def test_drafts_and_pilots(bank):
    imported(bank, GIFT, Choices(competency="skills:A.1", level=2, status="draft"))
    assert bank.items.count() == 0
    assert not ItemContent.objects.filter(live=True).exists()
    other = ItemBank.objects.create(code="other", title={"en": "Other"})
    imported(other, GIFT, Choices(competency="skills:A.1", level=2, status="pilot"))
    assert set(other.items.values_list("status", flat=True)) == {"pilot"}


def test_competency_and_level_come_from_the_file_or_are_asked_for(bank):
    teaching.competency()
    tagged = "// [tag:skills:A.2] [tag:level:3]\n::One:: What? {=a ~b}\n"
    report = planned(bank, tagged, Choices())
    assert (report.rows[0].competency.ref, report.rows[0].level) == ("skills:A.2", 3)
    assert "names none" in said(planned(bank, GIFT, Choices()))
    assert "Level" in said(planned(bank, GIFT, Choices(competency="skills:A.1")))
    assert "levels 1 to 4" in said(planned(bank, GIFT, Choices(competency="skills:A.1", level=9)))
    table = "question,correct,option_1,option_2,competency\nWhat?,1,a,b,skills:Z.9\n"
    assert "skills:Z.9" in said(planned(bank, table))
    with pytest.raises(AcademyError, match="no competency"):
        planned(bank, GIFT, Choices(competency="nothing"))


def test_two_languages_are_one_question_with_one_version(bank):
    text = "{mlang en}Hello{mlang}{mlang fr}Bonjour{mlang}"
    source = quiz(
        question("multichoice", "<single>1</single>" + answer("1", 100) + answer("2", 0), text)
    )
    report = imported(bank, source)
    assert outcomes(report) == ["new"]
    version = bank.items.get().current_version
    assert version.number == 1
    assert version.content["languages"]["fr"]["stem"] == "<p>Bonjour</p>"
    changed = source.replace("Bonjour", "Salut")
    assert outcomes(imported(bank, changed)) == ["updated"]
    version = bank.items.get().current_version
    assert (version.number, version.content["languages"]["fr"]["stem"]) == (2, "<p>Salut</p>")


def test_pictures_become_images_of_the_academy_once(bank):
    source = choice2().replace("<p>Pick one.", '<p>Pick one.<img src="a.png" alt="Teal"/>')
    other = source.replace("item-1", "item-2")
    imported(bank, archive({"i.xml": source, "j.xml": other, "a.png": PICTURE}))
    image = AcademyImage.objects.get()
    assert (image.width, image.height) == (200, 100)
    for content in ItemContent.objects.all():
        assert (
            f'<embed alt="Teal" embedtype="image" format="fullwidth" id="{image.pk}"/>'
            in content.stem
        )


def test_locked_questions_and_taken_codes_are_refused(bank):
    imported(bank, GIFT)
    ItemContent.objects.filter(code="bank-001").update(locked=True)
    report = imported(bank, GIFT.replace("What?", "Which?"))
    assert outcomes(report)[0] == "refused"
    assert "locked" in said(report)
    table = "code,question,correct,option_1,option_2\nq,A?,1,a,b\nq,B?,1,a,b\n"
    assert "this code" in said(planned(bank, table))
    gone = ItemContent.objects.get(code="bank-002")
    gone.delete()
    table = "code,question,correct,option_1,option_2\nbank-002,A?,1,a,b\n"
    assert "was deleted" in said(planned(bank, table))


def test_what_no_kind_of_question_here_can_hold_is_refused(bank):
    same = "::S:: What? {=a ~a}\n"
    assert "same text" in said(planned(bank, same))
    many = "What? {=a " + " ".join(f"~x{number}" for number in range(200)) + "}"
    assert "at most" in said(planned(bank, many))


def test_the_number_of_queries_of_a_preview_does_not_grow(bank, django_assert_max_num_queries):
    def file(count: int) -> str:
        return "\n\n".join(f"::Q{number}:: N{number}? {{=a ~b}}" for number in range(count))

    for count in (5, 60):
        imported(bank, file(count))
        with django_assert_max_num_queries(12):
            assert set(outcomes(planned(bank, file(count)))) == {"unchanged"}


@pytest.mark.parametrize("form", ["qti3", "moodle", "csv"])
def test_a_bank_goes_out_and_comes_back_as_it_was(bank, form):
    of = teaching.competency()
    full = teaching.bank("full", of, items=3)
    teaching.item(full, of, number=8, item_type="multiple")
    teaching.item(full, of, number=9, item_type="numeric")
    made = export(bank_keys(full), form)
    assert made.left_out == []
    assert set(outcomes(planned(full, made.data, Choices()))) == {"unchanged"}
    copy = ItemBank.objects.create(code="copy", title={"en": "Copy"})
    assert set(outcomes(imported(copy, made.data, Choices()))) == {"new"}

    def words(of_bank: ItemBank) -> list:
        found = []
        for item in of_bank.items.order_by("code"):
            document = item.current_version.content
            texts = {
                language: [
                    words["stem"],
                    words["explanation"],
                    [(one["text"], one["feedback"]) for one in words["options"]],
                ]
                for language, words in document["languages"].items()
            }
            facts = (item.code, item.item_type, item.level, item.author_difficulty, item.status)
            key = document["key"] if item.item_type == "numeric" else None
            found.append((facts, item.competency_id, texts, key))
        return found

    assert words(copy) == words(full)


@pytest.mark.parametrize("form", ["qti3", "moodle", "csv"])
def test_drafts_without_a_code_come_back_to_themselves(bank, form):
    imported(bank, GIFT, Choices(competency="skills:A.1", level=2, status="draft"))
    assert set(bank.contents.values_list("code", flat=True)) == {""}
    made = export(bank_keys(bank), form)
    assert outcomes(planned(bank, made.data, Choices())) == ["unchanged", "unchanged"]


def test_a_report_as_a_table_holds_no_formula(bank):
    table = report_csv(planned(bank, "::=cmd:: What? {=a ~b}\n\n::x:: y {=a").as_json())
    assert "'=cmd" in table
    assert "\n=cmd" not in table
    assert "brace" in table


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "questions.gift"
    path.write_text(GIFT)
    return path


def command(*args) -> str:
    output = io.StringIO()
    call_command("import_items", *map(str, args), stdout=output)
    return output.getvalue()


def test_the_command_prints_the_report_as_json(bank, file):
    dry = json.loads(
        command(
            file,
            "--bank",
            "bank",
            "--competency",
            "skills:A.1",
            "--level",
            "2",
            "--dry-run",
            "--json",
        )
    )
    assert (dry["applied"], dry["counts"]) == (
        False,
        {"new": 2, "updated": 0, "unchanged": 0, "refused": 1},
    )
    assert ItemContent.objects.count() == 0
    done = json.loads(
        command(file, "--bank", "bank", "--competency", "skills:A.1", "--level", "2", "--json")
    )
    assert done["applied"]
    assert done["items"][0]["code"] == "bank-001"
    assert done["items"][2]["notes"][0]["severity"] == "refused"


def test_the_command_says_what_it_cannot_do(bank, file, tmp_path, capsys):
    with pytest.raises(CommandError, match="no bank"):
        command(file, "--bank", "none")
    with pytest.raises(CommandError, match="Cannot read"):
        command(tmp_path / "none", "--bank", "bank")
    (tmp_path / "bad.xml").write_text("<quiz>")
    with pytest.raises(CommandError, match="well-formed"):
        command(tmp_path / "bad.xml", "--bank", "bank", "--json")
    assert "2 new" in command(file, "--bank", "bank", "--competency", "skills:A.1", "--level", "1")
    assert uuid.UUID(str(ItemContent.objects.first().translation_key))


KINDS = """::Pairs:: Match. {=Canada -> Ottawa =France -> Paris =Japan -> Tokyo}

::Word:: The middle value is the {=median =%50%middle}

::Number:: How many? {#5:1}

::Text:: Say why. {}

::Choice:: Choose. {=right#Yes. ~wrong#No.}
"""


def test_each_kind_of_question_becomes_one_of_the_banks(bank):
    report = imported(bank, KINDS, Choices(competency="skills:A.1", level=2, status="active"))
    assert outcomes(report) == ["new"] * 5
    kinds = dict(Item.objects.filter(bank=bank).values_list("item_type", "status"))
    assert kinds == dict.fromkeys(["matching", "short", "numeric", "single"], "active")
    draft = ItemContent.objects.get(item_type="essay")
    assert not draft.live
    assert "rubric" in said(report, "changed")


@pytest.mark.parametrize("form", ["qti3", "table"])
def test_kinds_come_back_as_they_went(bank, form):
    imported(bank, KINDS, Choices(competency="skills:A.1", level=2, status="active"))
    other = ItemBank.objects.create(code="other", title={"en": "Other"})
    taken = export(bank_keys(bank), form)
    back = imported(
        other, taken.data, Choices(competency="skills:A.1", level=2), f"a.{taken.ending}"
    )
    assert set(outcomes(back)) == {"new"}

    def words(of: ItemBank) -> list[tuple]:
        contents = ItemContent.objects.filter(bank=of).order_by("item_type")
        return [
            (
                one.item_type,
                one.stem_text,
                [(part.block_type, dict(part.value)) for part in one.options],
            )
            for one in contents
        ]

    assert words(other) == words(bank)
