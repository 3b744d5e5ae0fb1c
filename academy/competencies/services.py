"""Loading frameworks and writing what people are known to be able to do."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from academy.competencies.models import (
    Area,
    Competency,
    CompetencyRecord,
    Framework,
    FrameworkVersion,
    ProficiencyLevel,
    Profile,
    ProfileEntry,
)
from academy.core.clock import now, today
from academy.core.errors import AcademyError
from academy.people.models import Membership, Position, User


class FrameworkError(AcademyError):
    """The framework file cannot be loaded; nothing was changed."""


def _words(node: dict, key: str = "title") -> dict:
    """`title` is English words, or words by language; `title_fr` adds French."""
    value = node.get(key, "")
    words = dict(value) if isinstance(value, dict) else {"en": value}
    if node.get(f"{key}_fr"):
        words["fr"] = node[f"{key}_fr"]
    return words


def _require(node: object, keys: tuple[str, ...], where: str = "") -> None:
    for key in keys:
        if not isinstance(node, dict) or not node.get(key):
            raise FrameworkError(
                _("The framework file lacks “%(key)s”.") % {"key": f"{where}{key}"}
            )


def _nodes(parent: dict, key: str, where: str = "") -> list[tuple[object, str]]:
    """The nodes listed under the key, each with the words for where it stands in the file."""
    if not isinstance(parent[key], list):
        raise FrameworkError(_("The framework file lacks “%(key)s”.") % {"key": f"{where}{key}"})
    return [(node, f"{where}{key} {number}: ") for number, node in enumerate(parent[key], start=1)]


def _check_framework(document: object) -> dict:
    if not isinstance(document, dict):
        raise FrameworkError(_("A framework file is one JSON object."))
    _require(document, ("code", "title", "publisher", "levels", "areas"))
    for level, where in _nodes(document, "levels"):
        _require(level, ("num",), where)
        _require(level, ("band",) if level.get("band") else ("title",), where)
    numbers = [level["num"] for level in document["levels"]]
    if numbers != list(range(1, len(numbers) + 1)):
        raise FrameworkError(_("Levels must be numbered 1, 2, 3 … in order."))
    codes = []
    for area, where in _nodes(document, "areas"):
        _require(area, ("code", "title", "competencies"), where)
        for competency, inner in _nodes(area, "competencies", where):
            _require(competency, ("code", "title"), inner)
            codes.append(competency["code"])
    if len(codes) != len(set(codes)):
        raise FrameworkError(_("Every competency needs a code of its own."))
    return document


@transaction.atomic
def load_framework(content: bytes, *, at: datetime | None = None) -> tuple[Framework, bool]:
    """Load or update a framework from a JSON file's bytes.

    Idempotent: the same bytes change nothing. Changed bytes update titles, add what is new, retire
    what is gone (nothing a record points to is ever deleted) and keep the file as a new version.

    Returns the framework and whether anything changed. Raises `FrameworkError`.
    """
    try:
        document = _check_framework(json.loads(content))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FrameworkError(
            _("The framework file is not valid JSON: %(error)s") % {"error": error}
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    framework, _created = Framework.objects.get_or_create(
        code=document["code"], defaults={"title": _words(document), "publisher": ""}
    )
    latest = framework.versions.first()
    if latest is not None and latest.content_hash == digest:
        return framework, False

    framework.title = _words(document)
    framework.publisher = document["publisher"]
    framework.year = document.get("year")
    framework.licence = document.get("licence", "")
    framework.save()
    bands: list[dict] = []
    for level in document["levels"]:
        band_title = _words(level, "band") if level.get("band") else _words(level)
        if band_title not in bands:
            bands.append(band_title)
        ProficiencyLevel.objects.update_or_create(
            framework=framework,
            number=level["num"],
            defaults={"band": bands.index(band_title), "band_title": band_title},
        )
    seen, order = [], 0
    for area_order, area_node in enumerate(document["areas"]):
        area, _created = Area.objects.update_or_create(
            framework=framework,
            code=area_node["code"],
            defaults={"title": _words(area_node), "order": area_order},
        )
        for node in area_node["competencies"]:
            order += 1
            seen.append(node["code"])
            Competency.objects.update_or_create(
                framework=framework,
                code=node["code"],
                defaults={
                    "area": area,
                    "ref": f"{framework.code}:{node['code']}",
                    "title": _words(node),
                    "order": order,
                    "is_retired": False,
                },
            )
    framework.competencies.exclude(code__in=seen).update(is_retired=True)
    FrameworkVersion.objects.create(
        framework=framework,
        number=latest.number + 1 if latest else 1,
        content_hash=digest,
        document=document,
        loaded_at=at or now(),
    )
    return framework, True


def record_competency(
    *,
    learner: User,
    competency: Competency,
    level: int,
    basis: str,
    statements: list[UUID],
    attempt: UUID | None = None,
    at: datetime | None = None,
    valid_to: datetime | None = None,
) -> CompetencyRecord:
    """Append what is now known, with the statements (and attempt) that show it."""
    at = at or now()
    return CompetencyRecord.objects.create(
        learner=learner,
        competency=competency,
        level=level,
        basis=basis,
        evidence={
            "statements": [str(one) for one in statements],
            "attempt": str(attempt) if attempt else None,
        },
        valid_from=at,
        valid_to=valid_to,
    )


@dataclass(frozen=True)
class KnownLevel:
    """Levels of one competency: `held` is proven, `placed` is provisional. 0 means none."""

    held: int = 0
    placed: int = 0


def known_levels(person: User, *, at: datetime | None = None) -> dict[int, KnownLevel]:
    """By competency id: the highest level held, and the level of the latest placement."""
    known: dict[int, KnownLevel] = {}
    records = CompetencyRecord.objects.filter(learner=person).valid(at or now())
    for record in records.order_by("valid_from", "id"):
        before = known.get(record.competency_id, KnownLevel())
        if record.basis == CompetencyRecord.Basis.PLACED:
            known[record.competency_id] = KnownLevel(before.held, record.level)
        else:
            known[record.competency_id] = KnownLevel(max(before.held, record.level), before.placed)
    return known


@dataclass(frozen=True)
class Asked:
    """What is asked of a person: a competency at a level, by a day, and by whom."""

    competency: Competency
    level: int
    due_on: date | None
    from_baseline: bool


def asked_of(
    person: User, *, on: date | None = None, position: Position | None = None
) -> list[Asked]:
    """The baseline and the profile of the primary position together: the higher level, by the
    earlier day.

    With `position`, what would be asked of the person there.
    """
    on = on or today()
    membership = (
        Membership.objects.on(on).primary().filter(person=person).select_related("position").first()
    )
    if position is None and membership is not None:
        position = membership.position
    profiles = Profile.objects.filter(position__isnull=True)
    if position is not None:
        profiles = profiles | Profile.objects.filter(position=position)
    asked: dict[int, Asked] = {}
    entries = ProfileEntry.objects.select_related("competency__framework")
    for profile in profiles.prefetch_related(Prefetch("entries", entries)):
        due_on = membership.valid_from + timedelta(days=profile.due_days) if membership else None
        for entry in profile.entries.all():
            before = asked.get(entry.competency_id)
            due = min((day for day in (due_on, before and before.due_on) if day), default=None)
            if before is None or entry.level > before.level:
                asked[entry.competency_id] = Asked(
                    entry.competency, entry.level, due, profile.position_id is None
                )
            else:
                asked[entry.competency_id] = replace(before, due_on=due)
    return sorted(
        asked.values(), key=lambda one: (one.competency.framework_id, one.competency.order)
    )
