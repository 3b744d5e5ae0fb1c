"""Other stores, and what is owed to them."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.xapi.querysets import DestinationQuerySet, OutboxQuerySet
from academy.xapi.schema import is_iri

ENVIRONMENT = "default"  # the destination that LRS_ENDPOINT names


class Destination(models.Model):
    """Another store that statements are delivered to, and how it has been answering.

    `name` never changes: what is owed refers to it. The destination named "default" is the one of
    the environment: its address and credentials are read from LRS_ENDPOINT, LRS_USERNAME and
    LRS_PASSWORD and stand nowhere in the database.

    `failures` and `open_until` are its circuit breaker. Closed: no failures. Open: until then
    nothing is sent. Half-open: failures, and the time is over; the next statement is a probe.
    `run` and `run_until` say which worker is delivering to it. A destination is switched off, never
    deleted.
    """

    class Policy(models.TextChoices):
        AS_IS = "as_is", _("as they are")
        PSEUDONYMISED = "pseudonymised", _("pseudonymised")

    class Version(models.TextChoices):
        V2_0_0 = "2.0.0", "2.0.0"
        V1_0_3 = "1.0.3", "1.0.3"

    class Breaker(models.TextChoices):
        CLOSED = "closed", _("answers")
        OPEN = "open", _("left alone")
        HALF_OPEN = "half-open", _("to be tried again")

    name = models.SlugField(_("name"), max_length=100, unique=True)
    endpoint = models.CharField(
        _("endpoint"),
        max_length=1000,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("The address under which “statements” and “about” lie."),
    )
    version = models.CharField(
        _("xAPI version"), max_length=10, choices=Version.choices, default=Version.V2_0_0
    )
    username = models.CharField(_("key"), max_length=500, blank=True)
    password_sealed = models.TextField(blank=True, editable=False)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Switched off, it is owed nothing new, and nothing is sent to it."),
    )
    verbs = models.JSONField(_("only these verbs"), default=list, blank=True)
    activities = models.JSONField(_("only these activities"), default=list, blank=True)
    policy = models.CharField(
        _("personal data"), max_length=20, choices=Policy.choices, default=Policy.AS_IS
    )
    pseudonym_key_sealed = models.TextField(blank=True, editable=False)

    owed_since = models.DateTimeField(default=timezone.now, editable=False)
    gap_closes_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    open_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_answer = models.TextField(_("last answer"), blank=True, editable=False)
    last_answer_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    run = models.UUIDField(null=True, blank=True, editable=False)
    run_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DestinationQuerySet.as_manager()

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name=ENVIRONMENT) | ~Q(endpoint=""),
                name="xapi_destination_has_endpoint",
                violation_error_message=_("A destination needs an endpoint."),
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=True, run_until__isnull=True)
                | Q(run__isnull=False, run_until__isnull=False),
                name="xapi_destination_run_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self._state.adding and self.is_from_environment:
            raise ValidationError(
                {"name": _("This name is kept for the store that LRS_ENDPOINT names.")}
            )
        for name in ("verbs", "activities"):
            if wrong := [iri for iri in getattr(self, name) if not is_iri(iri)]:
                raise ValidationError({name: _("“%(iri)s” is not an IRI.") % {"iri": wrong[0]}})

    @property
    def is_from_environment(self) -> bool:
        return self.name == ENVIRONMENT

    @property
    def is_usable(self) -> bool:
        """Whether statements are owed and sent to it."""
        return self.is_active and bool(self.address)

    @property
    def address(self) -> str:
        return settings.LRS_ENDPOINT if self.is_from_environment else self.endpoint

    def breaker_at(self, at: datetime) -> Breaker:
        """The state of its circuit breaker."""
        if not self.failures:
            return self.Breaker.CLOSED
        if self.open_until is not None and self.open_until > at:
            return self.Breaker.OPEN
        return self.Breaker.HALF_OPEN


class OutboxEntry(models.Model):
    """A statement owed to a destination: one row, written in the statement's own transaction.

    pending → claimed (by one worker, until `lease_until`) → delivered, or refused by the
    destination for good. A failure that may pass returns it to pending with a later
    `next_attempt_at`. `claim` names the worker's batch, so that a worker that lost its lease
    cannot overwrite what its successor found out. `attempts` counts those that failed although the
    destination was well.

    The destination is not a constraint of the database: PostgreSQL would lock its one row for each
    statement that is stored. Destinations are never deleted.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("being sent")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")

    statement_id = models.UUIDField(_("statement id"))
    destination = models.ForeignKey(
        Destination,
        on_delete=models.PROTECT,
        to_field="name",
        db_column="destination",
        db_constraint=False,
        db_index=False,  # it leads the index of what is owed
        related_name="entries",
        verbose_name=_("destination"),
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    last_answer = models.TextField(_("last answer"), blank=True)

    objects = OutboxQuerySet.as_manager()
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("statement to deliver")
        verbose_name_plural = _("statements to deliver")
        constraints = [
            models.UniqueConstraint(
                fields=["statement_id", "destination"], name="xapi_outbox_once_each"
            ),
            models.CheckConstraint(
                condition=Q(state="claimed", lease_until__isnull=False, claim__isnull=False)
                | (~Q(state="claimed") & Q(lease_until__isnull=True, claim__isnull=True)),
                name="xapi_outbox_claim_has_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["destination", "next_attempt_at", "id"],
                condition=Q(state__in=["pending", "claimed"]),
                name="xapi_outbox_owed",
            ),
            models.Index(fields=["claim"], condition=Q(state="claimed"), name="xapi_outbox_claim"),
            models.Index(
                fields=["destination", "id"],
                condition=Q(state="refused"),
                name="xapi_outbox_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} → {self.destination_id}"
