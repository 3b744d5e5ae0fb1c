"""The tree of units: paths are kept in step, and no unit hangs under itself."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from academy.core.errors import AcademyError
from academy.people.models import Membership, OrgUnit, OrgUnitPlacement
from academy.people.services import create_org_unit, place_org_unit
from tests.factories.people import MembershipFactory

pytestmark = pytest.mark.django_db

START = date(2020, 1, 1)


def unit(code: str, parent: OrgUnit | None = None) -> OrgUnit:
    return create_org_unit(code=code, name={"en": code}, parent=parent, valid_from=START)


@pytest.fixture
def tree():
    """GOV over FIN and EDU; FIN over TAX over AUDIT."""
    gov = unit("GOV")
    fin, edu = unit("FIN", gov), unit("EDU", gov)
    tax = unit("TAX", fin)
    unit("AUDIT", tax)
    return {"gov": gov, "fin": fin, "edu": edu, "tax": tax}


def paths() -> dict[str, tuple[str, int]]:
    return {row.code: (row.path, row.depth) for row in OrgUnit.objects.all()}


def test_a_path_names_every_unit_above(tree):
    assert paths() == {
        "GOV": ("/GOV/", 0),
        "FIN": ("/GOV/FIN/", 1),
        "EDU": ("/GOV/EDU/", 1),
        "TAX": ("/GOV/FIN/TAX/", 2),
        "AUDIT": ("/GOV/FIN/TAX/AUDIT/", 3),
    }


def test_moving_a_unit_renews_the_paths_of_all_below(tree):
    place_org_unit(unit=tree["tax"], parent=tree["edu"], valid_from=date(2025, 1, 1))
    now = paths()
    assert now["TAX"] == ("/GOV/EDU/TAX/", 2)
    assert now["AUDIT"] == ("/GOV/EDU/TAX/AUDIT/", 3)
    assert now["FIN"] == ("/GOV/FIN/", 1)


def test_a_unit_can_become_the_top_of_a_tree(tree):
    place_org_unit(unit=tree["fin"], parent=None, valid_from=date(2025, 1, 1))
    assert paths()["FIN"] == ("/FIN/", 0)
    assert paths()["AUDIT"] == ("/FIN/TAX/AUDIT/", 2)
    assert {one.code for one in OrgUnit.objects.below(tree["gov"])} == {"GOV", "EDU"}


def test_a_unit_whose_code_begins_like_anothers_is_not_below_it(tree):
    unit("FINANCE", tree["gov"])
    below = {one.code for one in OrgUnit.objects.below(tree["fin"])}
    assert below == {"FIN", "TAX", "AUDIT"}
    place_org_unit(unit=tree["fin"], parent=tree["edu"], valid_from=date(2025, 1, 1))
    assert paths()["FINANCE"] == ("/GOV/FINANCE/", 1)


@pytest.mark.parametrize("under", ["FIN", "TAX", "AUDIT"])
def test_a_unit_is_not_placed_under_itself(tree, under):
    before = paths()
    with pytest.raises(AcademyError, match="cannot be placed under itself"):
        place_org_unit(unit=tree["fin"], parent=OrgUnit.objects.get(code=under))
    assert paths() == before
    assert OrgUnitPlacement.objects.filter(unit=tree["fin"], valid_to=None).count() == 1


def test_a_move_keeps_where_the_unit_was(tree):
    place_org_unit(unit=tree["tax"], parent=tree["edu"], valid_from=date(2025, 1, 1))
    rows = tree["tax"].placements.order_by("valid_from")
    assert [(row.parent.code, row.valid_from, row.valid_to) for row in rows] == [
        ("FIN", START, date(2025, 1, 1)),
        ("EDU", date(2025, 1, 1), None),
    ]


def test_a_move_corrected_on_its_day_leaves_one_placement(tree):
    day = date(2025, 1, 1)
    place_org_unit(unit=tree["tax"], parent=tree["edu"], valid_from=day)
    place_org_unit(unit=tree["tax"], parent=tree["gov"], valid_from=day)
    rows = tree["tax"].placements.order_by("valid_from")
    assert [(row.parent.code, row.valid_to) for row in rows] == [("FIN", day), ("GOV", None)]


def test_a_unit_has_one_open_place(tree):
    with pytest.raises(IntegrityError), transaction.atomic():
        OrgUnitPlacement.objects.create(
            unit=tree["tax"], parent=tree["edu"], valid_from=date(2025, 1, 1)
        )


def test_the_people_of_a_unit_are_those_of_all_below_it(tree):
    inside = MembershipFactory(unit=OrgUnit.objects.get(code="AUDIT"))
    outside = MembershipFactory(unit=tree["edu"])
    assert list(Membership.objects.below(tree["fin"])) == [inside]
    assert outside in Membership.objects.below(tree["gov"])
