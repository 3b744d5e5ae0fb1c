"""How the learner's pages put numbers into words."""

import pytest
from django.utils.translation import override

from academy.portal.templatetags.portal_tags import placed_chance
from assessments.placement import PlacedCompetency
from assessments.templatetags.assessment_tags import plain_number, with_unit


def placed(band: int, at_least: list[float]) -> PlacedCompetency:
    titles = ["Foundation", "Intermediate", "Advanced", "Highly specialised"]
    return PlacedCompetency(None, band, titles, band + 1, 0.0, (0.0, 0.0), [], at_least, 6)


@pytest.mark.parametrize(
    ("required", "band", "share"),
    [
        (1, "Intermediate", "31%"),  # what is asked, at or above
        (3, "Highly specialised", "under 1%"),
        (None, "Foundation", "69%"),  # the band itself
        (0, "Foundation", "69%"),  # everyone is at the lowest or above: that says nothing
    ],
)
def test_how_sure_a_placement_is(required, band, share):
    chance = placed_chance(placed(0, [1.0, 0.31, 0.05, 0.001]), required)
    assert (chance["band"], chance["share"]) == (band, share)
    assert chance["is_asked"] is bool(required)


def test_no_placement_is_certain():
    assert placed_chance(placed(3, [1.0, 1.0, 1.0, 0.9999]), None)["share"] == "over 99%"


@pytest.mark.parametrize(
    ("value", "written"),
    [("7E+2", "700"), ("0.50", "0.5"), ("701", "701"), ("1,5 m", "1,5 m"), ("NaN", "NaN")],
)
def test_a_number_is_written_out(value, written):
    assert plain_number(value) == written


def test_a_number_in_french():
    with override("fr"):
        assert plain_number("0.50") == "0,5"


@pytest.mark.parametrize(
    ("language", "unit", "written"),
    [
        ("en", "%", "12.5%"),
        ("fr", "%", "12,5\N{NO-BREAK SPACE}%"),
        ("en", "days", "12.5 days"),
        ("fr", "jours", "12,5 jours"),
        ("en", "", "12.5"),
    ],
)
def test_a_number_has_its_unit_as_the_language_writes_it(language, unit, written):
    with override(language):
        assert with_unit(plain_number("12.50"), unit) == written
