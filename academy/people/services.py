"""Writing people, memberships and the organisation."""

from datetime import date
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from academy.core.clock import today
from academy.core.errors import AcademyError, Conflict
from academy.people.models import Identity, Membership, OrgUnit, OrgUnitPlacement, Position, User


def identity_for(person: User) -> Identity:
    """The person's current identity, made on first use. Safe when two processes ask at once."""
    identity, _created = Identity.objects.get_or_create(
        person=person, is_current=True, defaults={"home_page": settings.XAPI_HOME_PAGE}
    )
    return identity


def lock_person(person: User) -> User:
    """Serialise writes about one person. SQLite's immediate transactions do so already."""
    queryset = User.objects.filter(pk=person.pk)
    if connection.features.has_select_for_update:
        queryset = queryset.select_for_update()
    return queryset.get()


@transaction.atomic
def anonymise(person: User) -> User:
    """Take away who the person is, and leave the row that counts in reports; it cannot be undone.

    What stays are the dates, units and positions of their memberships. The account is closed, and
    the names it had in learning records no longer lead to it.
    """
    person = lock_person(person)
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(username__iexact=person.email).delete()
    for model in (EmailAddress, Authenticator, SocialAccount):
        model.objects.filter(user=person).delete()
    person.identities.all().delete()
    person.managed_memberships.update(manager=None)
    person.groups.clear()
    person.user_permissions.clear()
    person.uuid = uuid4()
    person.email = f"erased-{person.uuid.hex[:12]}@erased.invalid"
    person.first_name = person.last_name = person.language = ""
    person.time_factor, person.large_print, person.reduced_motion = 1, False, False
    person.no_dragging = person.may_pause = person.alternative_version = False
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = None
    person.set_unusable_password()
    person.save()
    return person


@transaction.atomic
def assign_membership(
    *,
    person: User,
    unit: OrgUnit,
    position: Position,
    valid_from: date,
    valid_to: date | None = None,
    is_primary: bool = True,
    manager: User | None = None,
) -> Membership:
    """Put a person in a unit and position.

    A new primary membership ends the open one on the day it begins. One that would overlap
    another primary in any other way is refused: exactly one is primary at any instant.
    """
    lock_person(person)
    if is_primary:
        mine = Membership.objects.filter(person=person, is_primary=True)
        mine.filter(valid_to__isnull=True, valid_from__lt=valid_from).update(valid_to=valid_from)
        overlap = mine.filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=valid_from))
        if valid_to is not None:
            overlap = overlap.filter(valid_from__lt=valid_to)
        if overlap.exists():
            raise Conflict(
                _("%(person)s already has a primary position in that time. End it first.")
                % {"person": person}
            )
    return Membership.objects.create(
        person=person,
        unit=unit,
        position=position,
        manager=manager,
        is_primary=is_primary,
        valid_from=valid_from,
        valid_to=valid_to,
    )


@transaction.atomic
def place_org_unit(
    *, unit: OrgUnit, parent: OrgUnit | None, valid_from: date | None = None
) -> OrgUnit:
    """Hang a unit under another from a day on, and renew the paths of everything below it."""
    valid_from = valid_from or today()
    if parent is not None and unit.path and parent.path.startswith(unit.path):
        raise AcademyError(_("A unit cannot be placed under itself."))
    open_rows = unit.placements.filter(valid_to__isnull=True)
    open_rows.filter(valid_from__gte=valid_from).delete()
    open_rows.update(valid_to=valid_from)
    OrgUnitPlacement.objects.create(unit=unit, parent=parent, valid_from=valid_from)

    old_path = unit.path
    unit.path = f"{parent.path if parent else '/'}{unit.code}/"
    unit.depth = unit.path.count("/") - 2
    unit.save(update_fields=["path", "depth"])
    if old_path:
        for child in OrgUnit.objects.filter(path__startswith=old_path).exclude(pk=unit.pk):
            child.path = unit.path + child.path.removeprefix(old_path)
            child.depth = child.path.count("/") - 2
            child.save(update_fields=["path", "depth"])
    return unit


@transaction.atomic
def create_org_unit(
    *, code: str, name: dict, parent: OrgUnit | None = None, valid_from: date | None = None
) -> OrgUnit:
    """A new unit, placed at once: a unit without a place would be missing from every report."""
    unit = OrgUnit.objects.create(code=code, name=name)
    return place_org_unit(unit=unit, parent=parent, valid_from=valid_from)
