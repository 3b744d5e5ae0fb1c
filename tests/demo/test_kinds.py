"""The demo's bank with one question of each kind, loaded as `load_demo` loads it."""

import uuid

import pytest
from wagtail.models import Locale

from academy.competencies.services import load_framework
from academy.core.clock import now
from academy.demo import banks, content
from academy.demo.checker import FRAMEWORKS


@pytest.mark.django_db
def test_each_kind_is_published_in_both_languages_and_names_its_lesson():
    for path in FRAMEWORKS.glob("*.json"):
        load_framework(path.read_bytes())
    locales = {one.language_code: one for one in Locale.objects.order_by("pk")}
    bank = content.load_kinds_bank()
    lessons = {item.lesson: uuid.uuid4() for item in bank.items}
    row = banks.load_bank(bank, locales, at=now(), lessons=lessons)
    assert row.items.count() == len(bank.items)
    for item in row.items.select_related("current_version"):
        assert set(item.current_version.content["languages"]) == {"en", "fr"}, item.code
    assert set(row.contents.values_list("lesson_uuid", flat=True)) == set(lessons.values())
