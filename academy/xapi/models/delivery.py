"""What is owed to other stores."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from academy.xapi.querysets import OutboxQuerySet


class OutboxEntry(models.Model):
    """A statement owed to a destination: one row, written in the statement's own transaction.

    pending → claimed (by one worker, until `lease_until`) → delivered, or refused by the
    destination for good. A failure that may pass returns it to pending with a later
    `next_attempt_at`. `claim` names the worker's batch, so that a worker that lost its lease
    cannot overwrite what its successor found out.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("being sent")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")

    statement_id = models.UUIDField(_("statement id"))
    destination = models.CharField(_("destination"), max_length=100)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    last_answer = models.TextField(_("last answer"), blank=True)

    objects = OutboxQuerySet.as_manager()

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
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} → {self.destination}"
