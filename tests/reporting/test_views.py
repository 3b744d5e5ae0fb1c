"""HR's pages: who gets in, what they show, and that files say the same."""

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from academy.core.clock import today
from academy.people.roles import ALL_ROLES, HR, OPERATOR, TRAINER
from tests.factories.competencies import (
    CompetencyFactory,
    CompetencyRecordFactory,
    ProfileFactory,
)
from tests.factories.courses import (
    CourseFactory,
    EnrollmentFactory,
    ModuleCompletionFactory,
    ModuleFactory,
)
from tests.factories.people import (
    MembershipFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(roles):
    """A unit with a person who holds, one who was placed, and one of whom nothing is known."""

    class World:
        root = OrgUnitFactory(code="MIN")
        north = OrgUnitFactory(code="NORTH", parent=root)
        south = OrgUnitFactory(code="SOUTH", parent=root)
        data = CompetencyFactory(code="1.1")
        clerk = PositionFactory()
        course = CourseFactory(modules=[ModuleFactory()])

    ProfileFactory(position=None, asks={World.data: 2})
    for name, unit, basis in [
        ("Held", World.north, "held"),
        ("Placed", World.north, "placed"),
        ("Open", World.south, None),
    ]:
        person = UserFactory(first_name="Ana", last_name=name)
        MembershipFactory(person=person, unit=unit, position=World.clerk)
        if basis:
            CompetencyRecordFactory(learner=person, competency=World.data, level=2, basis=basis)
        setattr(World, name.lower(), person)
    World.enrollment = EnrollmentFactory(
        learner=World.held,
        course=World.course,
        unit=World.north,
        completed_at=datetime.now(tz=UTC),
    )
    ModuleCompletionFactory(
        enrollment=World.enrollment,
        module=World.course.modules.get(),
        score=0.9,
        completed_at=World.enrollment.completed_at,
    )
    return World


def addresses(world) -> list[str]:
    pages = [
        reverse("reporting:coverage"),
        reverse("reporting:people") + f"?competency={world.data.ref}",
        reverse("reporting:completions"),
    ]
    exports = [
        f"{page}{'&' if '?' in page else '?'}export={kind}"
        for page in pages
        for kind in ("csv", "xlsx")
    ]
    return [*pages, *exports, reverse("reporting:person", args=[world.held.uuid])]


# --- Who gets in ----------------------------------------------------------------------------------


def test_anonymous_is_sent_to_sign_in(client, world):
    for address in addresses(world):
        response = client.get(address)
        assert response.status_code == 302
        assert "/login/" in response["Location"]


@pytest.mark.parametrize("role", [*(role for role in ALL_ROLES if role != HR), None])
def test_every_other_role_is_refused(client, world, role):
    client.force_login(UserFactory(role=role))
    for address in addresses(world):
        response = client.get(address)
        assert response.status_code == 403
        assert "Ana" not in response.content.decode()


def test_a_manager_of_the_people_is_refused(client, world):
    boss = UserFactory()
    MembershipFactory(unit=world.north, position=world.clerk, manager=boss)
    client.force_login(boss)
    assert {client.get(address).status_code for address in addresses(world)} == {403}


def test_hr_gets_in_and_reads_only(hr_client, world):
    for address in addresses(world):
        assert hr_client.get(address).status_code == 200
        assert hr_client.post(address).status_code == 405


@pytest.mark.parametrize(("role", "shown"), [(HR, True), (TRAINER, False), (OPERATOR, False)])
def test_the_menu_has_the_reports_for_hr_alone(client, world, role, shown):
    client.force_login(UserFactory(role=role))
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    assert (reverse("reporting:coverage") in page) == shown
    assert (reverse("reporting:completions") in page) == shown


# --- Coverage -------------------------------------------------------------------------------------


def test_coverage_opens_at_the_only_root(hr_client, world):
    response = hr_client.get(reverse("reporting:coverage"))
    page = " ".join(response.content.decode().split())
    assert response.context["figures"].unit == world.root
    assert "33%" in page
    assert "1 of 3" in page
    assert "1 placed" in page
    assert "As of" in page
    assert f'href="/admin/reports/coverage/?unit={world.north.code}"' in page


def test_a_cell_leads_to_its_list_and_the_list_to_the_person(hr_client, world):
    page = hr_client.get(reverse("reporting:coverage"))
    [north] = [row for row in page.context["rows"] if row.label == str(world.north)]
    people = hr_client.get(north.cells[1].href)
    listed = [line.standing.person for line in people.context["lines"]]
    assert listed == [world.held.pk, world.placed.pk]
    assert len(listed) == north.cells[1].tally.required
    assert reverse("reporting:person", args=[world.held.uuid]) in people.content.decode()
    held = hr_client.get(north.cells[1].href + "&state=held")
    assert [line.standing.person for line in held.context["lines"]] == [world.held.pk]


def test_the_filter_stands_in_the_address_and_bad_values_are_said(hr_client, world):
    page = hr_client.get(
        reverse("reporting:coverage"),
        {"unit": "NORTH", "on": "2023-01-01", "framework": world.data.framework.code},
    )
    assert page.context["figures"].total.people == 0
    assert 'value="2023-01-01"' in page.content.decode()
    for query in ({"unit": "NOWHERE"}, {"on": "2999-01-01"}, {"on": "yesterday"}):
        assert hr_client.get(reverse("reporting:coverage"), query).status_code == 400
        answer = hr_client.get(reverse("reporting:coverage"), {**query, "export": "csv"})
        assert answer.status_code == 400


def read_csv(response) -> list[dict]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_xlsx(response) -> list[dict]:
    page = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head, *rows = page.values
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_coverage_file_says_what_the_page_says(hr_client, world):
    address = reverse("reporting:coverage")
    figures = hr_client.get(address).context["figures"]
    rows = read_csv(hr_client.get(address, {"export": "csv"}))
    total = [row for row in rows if row["Unit"] == "Total" and row["Competency code"] == "1.1"]
    tally = figures.total.cells[world.data.pk]
    assert [(row["Required"], row["Holding"], row["Placed only"]) for row in total] == [
        (str(tally.required), str(tally.holding), str(tally.placed))
    ]
    assert total[0]["As of"] == today().isoformat()
    assert len(read_xlsx(hr_client.get(address, {"export": "xlsx"}))) == len(rows) == 6


def test_the_people_file_is_the_list(hr_client, world):
    query = {"competency": world.data.ref, "unit": "NORTH"}
    rows = read_csv(hr_client.get(reverse("reporting:people"), {**query, "export": "csv"}))
    assert [(row["Name"], row["Standing"]) for row in rows] == [
        ("Ana Held", "held"),
        ("Ana Placed", "placed only"),
    ]
    answer = hr_client.get(
        reverse("reporting:people"), {**query, "state": "held", "export": "xlsx"}
    )
    [row] = read_xlsx(answer)
    assert (row["Name"], row["Required"], row["Held"], row["Gap"]) == ("Ana Held", 2, 2, 0)


# --- Completions ----------------------------------------------------------------------------------


def test_completions_by_unit_and_the_list(hr_client, world):
    response = hr_client.get(reverse("reporting:completions"))
    assert response.context["figures"].total.count == 1
    assert [row.name for row in response.context["page"].rows] == ["Ana Held"]
    south = hr_client.get(reverse("reporting:completions"), {"unit": "SOUTH"})
    assert south.context["page"].rows == []
    other = hr_client.get(reverse("reporting:completions"), {"course": CourseFactory().uuid})
    assert other.context["figures"].total.count == 0


def test_the_period_is_the_last_year_unless_the_address_says_otherwise(hr_client, world):
    EnrollmentFactory(
        course=world.course, unit=world.south, completed_at=datetime(2001, 2, 3, tzinfo=UTC)
    )
    address = reverse("reporting:completions")
    assert hr_client.get(address).context["figures"].total.count == 1
    assert hr_client.get(address, {"since": "", "until": ""}).context["figures"].total.count == 2
    old = hr_client.get(address, {"since": "2001-01-01", "until": "2001-12-31"})
    assert old.context["figures"].total.count == 1
    wrong = hr_client.get(address, {"since": "2002-01-01", "until": "2001-12-31"})
    assert wrong.status_code == 400


def test_the_completions_files(hr_client, world):
    address = reverse("reporting:completions")
    [row] = read_csv(hr_client.get(address, {"export": "csv", "table": "list"}))
    assert (row["Name"], row["Score"]) == ("Ana Held", "0.9")
    assert row["Route"] == "lessons and final assessment"
    rows = read_xlsx(hr_client.get(address, {"export": "xlsx", "table": "units"}))
    counts = {row["Unit"]: row["Completions"] for row in rows}
    assert counts == {str(world.north): 1, str(world.south): 0, "Total": 1}


def test_older_pages_by_key(hr_client, world):
    for _number in range(60):
        EnrollmentFactory(
            course=world.course, unit=world.south, completed_at=datetime(2025, 1, 1, tzinfo=UTC)
        )
    address = reverse("reporting:completions") + "?since=&until="
    first = hr_client.get(address)
    assert len(first.context["page"].rows) == 50
    older = hr_client.get(reverse("reporting:completions") + first.context["older_url"])
    assert len(older.context["page"].rows) == 11
    assert hr_client.get(f"{address}&older=nonsense").status_code == 400


# --- One person -----------------------------------------------------------------------------------


def test_a_person_s_page_shows_levels_and_completions(hr_client, world):
    response = hr_client.get(reverse("reporting:person", args=[world.held.uuid]))
    page = response.content.decode()
    assert "Ana Held" in page
    assert str(world.course) in page
    assert "Competency 1.1" in page
    [line] = response.context["report"].levels
    assert (line.known.held, line.asked.level, line.state) == (2, 2, "held")


def test_a_former_member_keeps_a_page_and_nobody_has_none(hr_client, world):
    person = UserFactory(is_active=False)
    MembershipFactory(person=person, valid_to=date(2024, 6, 1))
    assert hr_client.get(reverse("reporting:person", args=[person.uuid])).status_code == 200
    missing = reverse("reporting:person", args=["00000000-0000-4000-8000-000000000000"])
    assert hr_client.get(missing, follow=True).status_code == 404


# --- How they are made ----------------------------------------------------------------------------


def test_no_inline_style_or_script(hr_client, world):
    """Under the strict policy they would not work; Wagtail's own scripts are files."""
    for address in addresses(world)[:3]:
        page = hr_client.get(address).content.decode()
        main = page[page.index('class="rp-report"') :]
        assert " style=" not in main
        assert "<script" not in main
        assert "<style" not in page


def test_the_number_of_queries_does_not_grow(hr_client, world):
    """The same at two sizes; the pages of one person's record included."""

    def queries() -> list[int]:
        counts = []
        for address in [*addresses(world)[:3], addresses(world)[-1]]:
            with CaptureQueriesContext(connection) as captured:
                hr_client.get(address)
            counts.append(len(captured))
        return counts

    queries()  # what is cached for the process is asked for once
    small = queries()
    for _number in range(15):
        unit = OrgUnitFactory(parent=world.root)
        person = MembershipFactory(unit=unit, position=world.clerk).person
        CompetencyRecordFactory(learner=person, competency=world.data, level=2)
        for learner in (person, world.held):
            EnrollmentFactory(
                learner=learner, course=world.course, unit=unit, completed_at=datetime.now(tz=UTC)
            )
    assert queries() == small
    assert max(small) <= MOST_QUERIES


#: Of a page: the report's own, the admin's frame, the choices of the filter.
MOST_QUERIES = 27
