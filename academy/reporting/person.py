"""One person as HR sees them: levels, completions, credentials; never answers or estimates."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from academy.competencies.models import Competency
from academy.competencies.services import Asked, asked_of
from academy.core.clock import today
from academy.core.errors import NotFound
from academy.people.models import Membership, User
from academy.people.visibility import Data, visible_people
from academy.reporting.completions import Completion, all_completions, credential_standing
from academy.reporting.coverage import NOTHING, Known, State, instant_of, known_of, state_of
from credentials.models import Credential


@dataclass(frozen=True)
class LevelLine:
    """One competency: what is asked, what is known. `asked` is None for what nobody asked for."""

    competency: Competency
    asked: Asked | None
    known: Known

    @property
    def state(self) -> State | None:
        return state_of(self.known, self.asked.level) if self.asked else None


@dataclass(frozen=True)
class PersonReport:
    person: User
    membership: Membership | None
    on: date
    levels: list[LevelLine]
    completions: list[Completion]
    credentials: list[tuple[Credential, str]]


def person_report(viewer: User, uuid: UUID) -> PersonReport:
    """What HR may know of a person today; a constant number of queries.

    Raises `NotFound`, also where the viewer may not know that there is such a person.
    """
    person = visible_people(viewer, Data.LEVELS).filter(uuid=uuid).first()
    if person is None:
        raise NotFound(_("There is no such person, or none whose record you may see."))
    on = today()
    asked = {one.competency.pk: one for one in asked_of(person, on=on)}
    everything = Competency.objects.values("pk")
    known = known_of(User.objects.filter(pk=person.pk).values("pk"), everything, instant_of(on))
    met = {competency: one for (_person, competency), one in known.items()}
    competencies = (
        Competency.objects.filter(pk__in=asked.keys() | met.keys())
        .select_related("framework")
        .order_by("framework__code", "order")
    )
    credentials = (
        Credential.objects.filter(learner=person)
        .select_related("course", "revocation")
        .order_by("-awarded_at", "-pk")
    )
    return PersonReport(
        person=person,
        membership=Membership.objects.on(on)
        .primary()
        .filter(person=person)
        .select_related("unit", "position")
        .first(),
        on=on,
        levels=[
            LevelLine(one, asked.get(one.pk), met.get(one.pk, NOTHING)) for one in competencies
        ],
        completions=list(all_completions(viewer=viewer, learner=person)),
        credentials=[(one, credential_standing(one)) for one in credentials],
    )
