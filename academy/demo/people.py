"""Forty invented people, where they work, since when, and under whom.

`ability` is in logits from the ministry's average, `story` names what they did so far (see `history`). Anyone
with no `story` has not begun. All of it is invented; no real person is meant.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from academy.demo.accounts import ACCOUNTS, DOMAIN, PASSWORD
from academy.people.models import OrgUnit, Position, User
from academy.people.roles import LEARNER, MANAGER
from academy.people.services import assign_membership


@dataclass(frozen=True)
class Person:
    """`joined` is days ago; `manager` the key of another person, listed before."""

    key: str
    first: str
    last: str
    unit: str
    position: str
    joined: int
    manager: str | None
    language: str = "en"
    ability: float = 0.0
    story: str = ""

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


PEOPLE = [
    Person("solveig.marchetti", "Solveig", "Marchetti-Oduya", "MLW", "secretary-general", 900, None, "en", 0.9, "pilot"),
    # Lands
    Person("ignacio.brandvold", "Ignacio", "Brandvold", "LANDS", "director", 262, "solveig.marchetti", "en", 0.3, "began"),
    Person("therese.nakamura", "Thérèse", "Nakamura-Fauré", "REGISTRY", "team-leader", 262, "ignacio.brandvold", "fr", 0.8, "both"),
    Person("wen.castellanos", "Wen", "Castellanos", "REGISTRY", "case-officer", 240, "therese.nakamura", "en", 0.1, "privacy"),
    Person("dagny.osei", "Dagný", "Osei", "REGISTRY", "case-officer", 225, "therese.nakamura", "en", -0.8, "retook"),
    Person("baptiste.kabore", "Baptiste", "Kaboré-Lemoine", "REGISTRY", "data-steward", 210, "therese.nakamura", "fr", 1.4, "revoked"),
    Person("priyanka.halloran", "Priyanka", "Halloran", "PLANNING", "team-leader", 262, "ignacio.brandvold", "en", 0.6, "working"),
    Person("zoltan.achterberg", "Zoltán", "Achterberg", "PLANNING", "policy-analyst", 190, "priyanka.halloran", "en", 0.4, "halfway"),
    Person("noor.beaulieu", "Noor", "Beaulieu", "PLANNING", "policy-analyst", 55, "priyanka.halloran", "fr", 0.2, "placed"),
    # Waters
    Person("anselm.okonjo", "Anselm", "Okonjo-Reyes", "WATERS", "director", 262, "solveig.marchetti", "en", 0.5, "working"),
    Person("lucia.thorvaldsen", "Lucía", "Thorvaldsen", "PERMITS", "team-leader", 255, "anselm.okonjo", "en", 0.2, "both"),
    Person("emeka.villeneuve", "Emeka", "Villeneuve", "PERMITS", "case-officer", 231, "lucia.thorvaldsen", "fr", -0.3, "privacy"),
    Person("saoirse.iwasaki", "Saoirse", "Iwasaki", "PERMITS", "case-officer", 180, "lucia.thorvaldsen", "en", -0.6, "failed"),
    Person("gulnara.pettersen", "Gulnara", "Pettersen", "PERMITS", "case-officer", 48, "lucia.thorvaldsen", "en", 0.0, "began"),
    Person("matthias.dlamini", "Matthias", "Dlamini-Sørby", "FLOODS", "team-leader", 262, "anselm.okonjo", "en", 0.7, "working"),
    Person("xochitl.brennan", "Xóchitl", "Brennan", "FLOODS", "hydrologist", 220, "matthias.dlamini", "en", 1.5, "skipped"),
    Person("piotr.vancauwelaert", "Piotr", "van Cauwelaert", "FLOODS", "hydrologist", 130, "matthias.dlamini", "en", 0.5, "placed"),
    Person("manager", "Miriam", "Tessema-Roy", "RURAL", "team-leader", 262, "anselm.okonjo", "en", 0.6, "working"),
    Person("learner", "Leila", "Fontaine", "RURAL", "policy-analyst", 12, "manager", "en"),
    Person("jonas.mbekishvili", "Jonas", "Mbekishvili", "RURAL", "policy-analyst", 205, "manager", "en", 0.4, "both"),
    Person("aroha.lindgren", "Aroha", "Lindgren", "RURAL", "hydrologist", 196, "manager", "en", 0.9, "skipped"),
    Person("rene.castonguay", "René", "Castonguay-Ilić", "RURAL", "case-officer", 150, "manager", "fr", -0.4, "halfway"),
    Person("fatou.erlandsson", "Fatou", "Erlandsson", "RURAL", "case-officer", 140, "manager", "fr", -0.9, "failed"),
    Person("kahurangi.desrosiers", "Kahurangi", "Desrosiers", "RURAL", "policy-analyst", 60, "manager", "en", 0.3, "deferred"),
    # Data and digital
    Person("ottoline.fereydoun", "Ottoline", "Fereydoun", "DATA", "director", 880, "solveig.marchetti", "en", 1.5, "pilot"),
    Person("bjork.adeyinka", "Björn", "Adeyinka", "STATS", "team-leader", 262, "ottoline.fereydoun", "en", 2.6, "direct"),
    Person("hanae.kowalczuk", "Hanae", "Kowalczuk", "STATS", "statistician", 250, "bjork.adeyinka", "en", 2.9, "direct"),
    Person("cosmin.tuilagi", "Cosmin", "Tuilagi", "STATS", "statistician", 170, "bjork.adeyinka", "en", 1.9, "skipped"),
    Person("ndeye.vaillancourt", "Ndèye", "Vaillancourt", "STATS", "data-steward", 85, "bjork.adeyinka", "fr", 0.8, "working"),
    Person("rasmus.quispe", "Rasmus", "Quispe", "DIGITAL", "team-leader", 262, "ottoline.fereydoun", "en", 0.6, "privacy"),
    Person("operator", "Oona", "Laaksonen", "DIGITAL", "systems-administrator", 262, "rasmus.quispe", "en", 0.7, "privacy"),
    Person("imani.szabo", "Imani", "Szabó-Wren", "DIGITAL", "service-designer", 110, "rasmus.quispe", "en", 0.1, "began"),
    # Corporate services
    Person("evander.moreau", "Évandre", "Moreau-Castillon", "CORP", "director", 262, "solveig.marchetti", "fr", 0.0, "began"),
    Person("hr", "Henrik", "Vasquez", "HR", "hr-adviser", 262, "evander.moreau", "en", 0.3, "privacy"),
    Person("trainer", "Tamsin", "Herrera", "HR", "learning-designer", 262, "evander.moreau", "en", 1.0, "both"),
    Person("philippa.annunziata", "Philippa Annunziata Marguerite", "Rakotomalala-Vandenbroucke de la Villardière", "HR", "hr-adviser", 240, "hr", "en", 0.4, "privacy"),
    Person("dmitri.hauora", "Dmitri", "Hauora", "COMMS", "team-leader", 230, "evander.moreau", "en", -0.2, "halfway"),
    Person("celestine.abernathy", "Célestine", "Abernathy", "COMMS", "communications-officer", 215, "dmitri.hauora", "fr", 0.3, "working"),
    Person("yusuf.lafleur", "Yusuf", "Lafleur", "COMMS", "communications-officer", 30, "dmitri.hauora", "fr", -0.1),
    Person("odalys.grimsson", "Odalys", "Grímsson", "COMMS", "executive-assistant", 262, "evander.moreau", "en", -0.5, "left"),
]  # fmt: skip

#: Somebody who works in two units at once, one who changed units, and one who left (days ago).
SECOND_POST = ("cosmin.tuilagi", "FLOODS", "hydrologist", 100)
MOVED = ("wen.castellanos", "PERMITS", "case-officer", 90, "lucia.thorvaldsen")
LEFT = ("odalys.grimsson", 40)
#: Somebody who set larger print and more time for themselves.
ACCOMMODATED = "dagny.osei"


def load_people(today: date) -> dict[str, User]:
    """Everyone with their memberships, by key. Only the five demo accounts can sign in."""
    units = {unit.code: unit for unit in OrgUnit.objects.all()}
    positions = {position.code: position for position in Position.objects.all()}
    groups = {group.name: group for group in Group.objects.all()}
    managers = {one.manager for one in PEOPLE}
    people: dict[str, User] = {}
    for one in PEOPLE:
        person = User.objects.create_user(
            one.email,
            PASSWORD if one.key in ACCOUNTS else None,
            first_name=one.first,
            last_name=one.last,
            language=one.language,
        )
        roles = {LEARNER, ACCOUNTS.get(one.key, LEARNER)} | (
            {MANAGER} if one.key in managers else set()
        )
        person.groups.set(groups[role] for role in roles)
        people[one.key] = person
        assign_membership(
            person=person,
            unit=units[one.unit],
            position=positions[one.position],
            valid_from=today - timedelta(days=one.joined),
            valid_to=today - timedelta(days=LEFT[1]) if one.key == LEFT[0] else None,
            manager=people.get(one.manager),
        )
    key, unit, position, days = SECOND_POST
    assign_membership(
        person=people[key],
        unit=units[unit],
        position=positions[position],
        valid_from=today - timedelta(days=days),
        is_primary=False,
    )
    key, unit, position, days, manager = MOVED
    assign_membership(
        person=people[key],
        unit=units[unit],
        position=positions[position],
        valid_from=today - timedelta(days=days),
        manager=people[manager],
    )
    User.objects.filter(pk=people[LEFT[0]].pk).update(is_active=False)
    settled = people[ACCOMMODATED]
    settled.time_factor, settled.large_print = Decimal("1.50"), True
    settled.save(update_fields=["time_factor", "large_print"])
    return people
