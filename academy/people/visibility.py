"""Who may see what about whom. Every read about other people goes through here.

| viewer | whom | what |
|---|---|---|
| oneself | oneself | everything |
| line manager | people they manage today, by primary membership | status and due dates |
| HR | everyone with an account | competency levels, completions, credentials |
| nobody | others | placement answers, ability estimates |

Who contests a placement asks a trainer to look at their answers about that competency
(`assessments.reviews`); no other rule opens them.
"""

from enum import StrEnum

from academy.core.clock import today
from academy.people.models import Membership, User
from academy.people.roles import HR, has_role


class Data(StrEnum):
    """What kind of fact about a person is asked for."""

    STATUS = "status"  # on course, overdue, due dates
    LEVELS = "levels"  # competencies placed and held, completions, credentials
    ANSWERS = "answers"  # placement answers and ability estimates


def visible_people(viewer: User, data: Data):
    """The people about whom the viewer may read that kind of data, the viewer included."""
    if not viewer.is_authenticated or not viewer.is_active:
        return User.objects.none()
    if data in (Data.STATUS, Data.LEVELS) and has_role(viewer, HR):
        return User.objects.all()
    mine = User.objects.filter(pk=viewer.pk)
    if data == Data.STATUS:
        return mine | User.objects.filter(pk__in=team_of(viewer).values("pk"))
    return mine


def team_of(manager: User):
    """The people whose primary membership today names this person as line manager."""
    managed = Membership.objects.on(today()).primary().filter(manager=manager)
    return User.objects.filter(is_active=True, pk__in=managed.values("person"))


def is_manager(person: User) -> bool:
    return team_of(person).exists()
