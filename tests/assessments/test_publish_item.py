"""Publishing a question freezes it: what was asked can be read for ever, in every language."""

import uuid

import pytest
from wagtail.models import Locale

from academy.core.errors import AcademyError
from assessments.models import Item, ItemBank, ItemContent, ItemVersion
from assessments.services import publish_item, retire_item
from tests.factories import teaching

pytestmark = pytest.mark.django_db


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank():
    return ItemBank.objects.create(code="bank", title={"en": "Bank"})


@pytest.fixture
def content(bank, skill) -> ItemContent:
    """A question in English and French, published."""
    return teaching.item(bank, skill, number=1)


def item_of(content) -> Item:
    return Item.objects.get(uuid=content.translation_key)


def french(content) -> ItemContent:
    return ItemContent.objects.get(
        translation_key=content.translation_key, locale__language_code="fr"
    )


def test_the_first_publication_makes_the_item(content, bank, skill):
    item = item_of(content)
    assert (item.bank, item.competency, item.level) == (bank, skill, 2)
    assert (item.item_type, item.status, item.difficulty) == ("single", "active", 0)
    assert item.guessing == pytest.approx(1 / 3)
    assert item.current_version.number == 1


def test_a_version_holds_the_key_and_every_language(content):
    version = item_of(content).current_version
    assert list(version.content["languages"]) == ["en", "fr"]
    right = next(one for one in version.words("en")["options"] if one["text"] == "Right 1")
    assert version.content["key"] == right["id"]
    assert version.words("fr")["stem"] == "<p>Énoncé 1</p>"
    assert version.words("fr")["options"][0]["id"] == version.words("en")["options"][0]["id"]


def test_a_language_that_is_missing_is_shown_in_another(bank, skill):
    version = item_of(teaching.item(bank, skill, number=1, languages=("en",))).current_version
    assert version.words("fr")["stem"] == "<p>Question 1</p>"
    assert version.language_shown("fr") == "en"


def test_publishing_the_same_again_changes_nothing(content):
    before = item_of(content).current_version
    assert publish_item(content) == before
    assert ItemVersion.objects.count() == 1


def test_other_words_are_a_new_version_and_the_old_one_stays(content):
    old = item_of(content).current_version
    frozen = old.content
    content.stem = "<p>Asked better</p>"
    content.save()
    new = publish_item(content)
    assert (new.number, item_of(content).current_version) == (2, new)
    old.refresh_from_db()
    assert old.content == frozen
    assert new.words("en")["stem"] == "<p>Asked better</p>"


def test_another_key_is_a_new_version(content):
    content.options[0].value["correct"] = False
    content.options[1].value["correct"] = True
    content.save()
    assert publish_item(content).content["key"] == content.options[1].id


def test_what_is_not_frozen_is_changed_without_a_new_version(content):
    content.difficulty, content.level = 1.5, 3
    content.save()
    publish_item(content)
    item = item_of(content)
    assert (item.difficulty, item.level, item.current_version.number) == (1.5, 3, 1)


def test_a_translation_published_later_adds_its_words(bank, skill):
    source = teaching.item(bank, skill, number=1, languages=("en",))
    copy = source.copy_for_translation(Locale.objects.get(language_code="fr"))
    copy.stem, copy.live = "<p>Énoncé</p>", True
    copy.save()
    version = publish_item(copy)
    assert version.number == 2
    assert version.words("fr")["stem"] == "<p>Énoncé</p>"
    assert version.words("en")["stem"] == "<p>Question 1</p>"


def test_a_translation_with_other_options_is_left_out_until_it_catches_up(content):
    """Its options could not be graded by the key."""
    stale = french(content)
    removed = stale.options.pop()
    stale.save()
    assert list(publish_item(content).content["languages"]) == ["en"]
    stale.options.append((removed.block_type, removed.value, removed.id))
    stale.save()
    assert list(publish_item(content).content["languages"]) == ["en", "fr"]


def test_a_draft_translation_is_not_asked(content):
    ItemContent.objects.filter(pk=french(content).pk).update(live=False)
    assert list(publish_item(content).content["languages"]) == ["en"]


def test_a_translation_alone_is_not_asked(bank, skill):
    """The question's own language is still a draft: nothing comes into being."""
    source = teaching.item(bank, skill, number=1)
    Item.objects.all().update(current_version=None)
    ItemVersion.objects.all().delete()
    Item.objects.all().delete()
    ItemContent.objects.filter(pk=source.pk).update(live=False)
    assert publish_item(french(source)) is None
    assert not Item.objects.exists()


def test_a_question_that_cannot_be_graded_is_refused_and_what_was_stays(content):
    for option in content.options:
        option.value["correct"] = False
    content.save()
    with pytest.raises(AcademyError, match="Mark exactly one option as correct"):
        publish_item(content)
    assert item_of(content).current_version.number == 1


def test_questions_are_numbered_for_their_author(bank, skill):
    codes = [item_of(teaching.item(bank, skill, number=n)).code for n in (1, 2, 3)]
    assert codes == ["bank-001", "bank-002", "bank-003"]
    assert set(ItemContent.objects.values_list("code", flat=True)) == set(codes)


def test_a_number_that_is_taken_is_passed_over(bank, skill):
    first = teaching.item(bank, skill, number=1)
    ItemContent.objects.filter(translation_key=first.translation_key).update(code="bank-002")
    publish_item(ItemContent.objects.get(pk=first.pk))
    assert item_of(teaching.item(bank, skill, number=2)).code == "bank-003"


def test_an_author_may_give_a_code(content):
    content.code = "medians"
    content.save()
    publish_item(content)
    assert item_of(content).code == "medians"


def test_a_number_question_freezes_its_value(bank, skill):
    version = item_of(teaching.item(bank, skill, number=7, item_type="numeric")).current_version
    assert version.content["key"] == {"value": "7", "tolerance": "0"}
    assert item_of(ItemContent.objects.first()).guessing == 0


def test_unpublishing_the_source_takes_the_item_out_of_every_draw(content):
    retire_item(content)
    assert item_of(content).status == "retired"
    assert item_of(content).current_version is not None


def test_unpublishing_a_translation_does_not(content):
    retire_item(french(content))
    assert item_of(content).status == "active"


def test_publishing_again_brings_a_retired_item_back(content):
    retire_item(content)
    publish_item(content)
    assert item_of(content).status == "active"


def test_wagtails_buttons_do_all_this(bank, skill):
    content = teaching.item(bank, skill, number=1, languages=("en",))
    content.stem = "<p>From the admin</p>"
    content.save_revision().publish()
    assert item_of(content).current_version.words("en")["stem"] == "<p>From the admin</p>"
    content.unpublish()
    assert item_of(content).status == "retired"


def test_two_questions_of_a_bank_do_not_share_a_code(content, bank, skill):
    other = ItemContent(
        locale=content.locale,
        translation_key=uuid.uuid4(),
        bank=bank,
        competency=skill,
        code=ItemContent.objects.get(pk=content.pk).code,
        options=content.options,
        stem="x",
        explanation="x",
    )
    assert other._code_problem() == "Another question of this bank has this code."
    other.bank = ItemBank.objects.create(code="other")
    assert other._code_problem() is None
