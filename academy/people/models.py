"""People, the organisation they work in, and the opaque names they have in learning records."""

import secrets
import uuid

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.core.fields import LocalizedField
from academy.people.querysets import MembershipQuerySet, OrgUnitQuerySet, UserQuerySet


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    """Makes people by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields):
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )


class User(AbstractUser):
    """A person with an account. The e-mail address signs in; it never enters a learning record."""

    username = None
    email = models.EmailField(_("e-mail address"), unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    language = models.CharField(_("language"), max_length=12, blank=True)

    # Functional settings: what the person needs, never why.
    time_factor = models.DecimalField(
        _("time allowed in timed assessments"),
        max_digits=3,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )
    large_print = models.BooleanField(_("large print"), default=False)
    reduced_motion = models.BooleanField(_("reduced motion"), default=False)
    no_dragging = models.BooleanField(_("no dragging"), default=False)
    may_pause = models.BooleanField(_("pauses in timed assessments"), default=False)
    alternative_version = models.BooleanField(_("alternative version"), default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["last_name", "first_name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(time_factor__gte=1, time_factor__lte=4), name="people_time_factor_range"
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email


def random_account_name() -> str:
    return secrets.token_urlsafe(24)


class Identity(models.Model):
    """The random account name that stands for a person as xAPI actor, and nowhere else.

    Merging two accounts repoints identities, so a person may have several; exactly one of them is
    current and used for new statements. Erasure sets `person` to null: the statements remain and
    no longer lead to anybody.
    """

    home_page = models.URLField(max_length=500)
    name = models.CharField(max_length=64, default=random_account_name)
    person = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="identities"
    )
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(
                fields=["home_page", "name"], name="people_identity_account_once"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(is_current=True, person__isnull=False),
                name="people_identity_one_current",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> dict:
        """The xAPI Agent: an account, so that no statement holds an e-mail address."""
        return {
            "objectType": "Agent",
            "account": {"homePage": self.home_page, "name": self.name},
        }


class OrgUnit(models.Model):
    """A unit of the organisation. Where it hangs in the tree is dated: see `OrgUnitPlacement`.

    `path` is the placement in force today, as codes of ancestors and itself ("/GOV/MLW/HR/"), kept
    by `services.place_org_unit` so that "this unit and everything below it" is one prefix match.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = LocalizedField(_("name"))
    path = models.CharField(max_length=500, editable=False, db_index=True)
    depth = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation unit")
        verbose_name_plural = _("organisation units")
        ordering = ["path"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class OrgUnitPlacement(models.Model):
    """Which unit was above which, and when. Append-only: a move closes one row and opens another."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="placements")
    parent = models.ForeignKey(
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="child_placements"
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="people_placement_dates",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(valid_to__isnull=True),
                name="people_placement_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} ← {self.parent}"


class Position(models.Model):
    """A post that asks for competencies (see `competencies.Profile`)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = LocalizedField(_("title"))

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.title) or self.code


class Membership(models.Model):
    """A person in a unit, in a position, from a day up to (not including) another.

    Several may hold at once, exactly one of them primary at any instant: of a person's primary
    memberships no two may overlap. `people.services` keeps that in both databases by locking the
    person's row; an open primary is also unique by constraint, and on PostgreSQL an exclusion
    constraint (see migration `primary_membership_exclusion`) refuses any overlap.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="memberships")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="memberships")
    manager = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="managed_memberships"
    )
    is_primary = models.BooleanField(_("primary"), default=True)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["person_id", "valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="people_membership_dates",
            ),
            models.CheckConstraint(
                condition=Q(manager__isnull=True) | ~Q(manager=F("person")),
                name="people_membership_not_own_manager",
                violation_error_message=_("Nobody can be their own manager."),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(is_primary=True, valid_to__isnull=True),
                name="people_membership_one_open_primary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.position}, {self.unit}"
