"""The Ministry of Lands and Waters: its units, its positions, and what it asks of people."""

from datetime import date

from academy.competencies.models import Competency, Profile, ProfileEntry
from academy.people.models import OrgUnit, Position
from academy.people.services import create_org_unit

MINISTRY = "MLW"

#: code, code of the unit above, English, French
UNITS = [
    (MINISTRY, None, "Ministry of Lands and Waters", "Ministère des Terres et des Eaux"),
    ("LANDS", MINISTRY, "Lands Directorate", "Direction des terres"),
    ("WATERS", MINISTRY, "Waters Directorate", "Direction des eaux"),
    ("DATA", MINISTRY, "Data and Digital Directorate", "Direction des données et du numérique"),
    ("CORP", MINISTRY, "Corporate Services Directorate", "Direction des services généraux"),
    ("REGISTRY", "LANDS", "Land Registry", "Registre foncier"),
    ("PLANNING", "LANDS", "Land Use Planning", "Aménagement du territoire"),
    ("PERMITS", "WATERS", "Water Permits", "Permis d’eau"),
    ("FLOODS", "WATERS", "Rivers and Floods", "Cours d’eau et inondations"),
    ("RURAL", "WATERS", "Rural Water Supply", "Approvisionnement rural en eau"),
    ("STATS", "DATA", "Statistics and Analysis", "Statistique et analyse"),
    ("DIGITAL", "DATA", "Digital Services", "Services numériques"),
    ("HR", "CORP", "Human Resources", "Ressources humaines"),
    ("COMMS", "CORP", "Communications", "Communication"),
]

#: code: English, French, days to meet the profile, what it asks for
POSITIONS = {
    "secretary-general": ("Secretary-general", "Secrétariat général", 240, {"stats-nz-dcf:14": 2}),
    "director": ("Director", "Direction", 210, {"stats-nz-dcf:14": 2}),
    "team-leader": (
        "Team leader",
        "Responsable d’équipe",
        150,
        {"digcomp-2.2:1.2": 4, "stats-nz-dcf:14": 2},
    ),
    "policy-analyst": (
        "Policy analyst",
        "Analyste de politiques publiques",
        120,
        {"digcomp-2.2:1.2": 4, "stats-nz-dcf:9": 2, "stats-nz-dcf:14": 2},
    ),
    "case-officer": ("Case officer", "Gestionnaire de dossiers", 90, {"digcomp-2.2:4.2": 4}),
    "hydrologist": ("Hydrologist", "Hydrologue", 180, {"stats-nz-dcf:9": 2, "stats-nz-dcf:14": 2}),
    "statistician": (
        "Statistician",
        "Statisticien ou statisticienne",
        120,
        {"digcomp-2.2:1.2": 4, "stats-nz-dcf:9": 2, "stats-nz-dcf:14": 2, "digcomp-2.2:4.2": 4},
    ),
    "data-steward": (
        "Data steward",
        "Intendant ou intendante des données",
        90,
        {"digcomp-2.2:1.2": 4, "digcomp-2.2:4.2": 4, "stats-nz-dcf:9": 2},
    ),
    "service-designer": (
        "Service designer",
        "Concepteur ou conceptrice de services",
        150,
        {"digcomp-2.2:4.2": 4},
    ),
    "systems-administrator": (
        "Systems administrator",
        "Administrateur ou administratrice de systèmes",
        120,
        {"digcomp-2.2:4.2": 4},
    ),
    "hr-adviser": (
        "Human resources adviser",
        "Conseiller ou conseillère en ressources humaines",
        90,
        {"digcomp-2.2:4.2": 4},
    ),
    "learning-designer": (
        "Learning designer",
        "Concepteur ou conceptrice pédagogique",
        150,
        {"digcomp-2.2:1.2": 4},
    ),
    "communications-officer": (
        "Communications officer",
        "Chargé ou chargée de communication",
        120,
        {"digcomp-2.2:1.2": 4, "stats-nz-dcf:14": 2},
    ),
    "executive-assistant": ("Executive assistant", "Assistance de direction", 180, {}),
}

BASELINE_DAYS = 180
BASELINE = {"digcomp-2.2:1.2": 3, "digcomp-2.2:4.2": 3}


def load_government(*, founded: date) -> None:
    """The tree as founded on a day, the positions, and the profiles of both."""
    units: dict[str, OrgUnit] = {}
    for code, above, en, fr in UNITS:
        units[code] = create_org_unit(
            code=code, name={"en": en, "fr": fr}, parent=units.get(above), valid_from=founded
        )
    competencies = {one.ref: one for one in Competency.objects.all()}
    _ask(None, BASELINE_DAYS, BASELINE, competencies)
    for code, (en, fr, days, asks) in POSITIONS.items():
        position = Position.objects.create(code=code, title={"en": en, "fr": fr})
        if asks:
            _ask(position, days, asks, competencies)


def _ask(position: Position | None, days: int, asks: dict[str, int], competencies: dict) -> None:
    profile = Profile.objects.create(position=position, due_days=days)
    ProfileEntry.objects.bulk_create(
        ProfileEntry(profile=profile, competency=competencies[ref], level=level)
        for ref, level in asks.items()
    )
