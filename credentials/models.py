"""Credentials: what was awarded, as it was printed, and whether it still stands."""

import secrets
import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import Course, Enrollment

#: No vowels, and none of 0/O, 1/I/L, 5/S, 2/Z: nothing to misread, no words by chance.
CODE_ALPHABET = "346789BCDFGHJKMNPQRTVWXY"


def private_storage():
    """Where no address leads: files here are served by views alone."""
    return storages["private"]


def verification_code() -> str:
    """Twelve random characters in three groups: 24¹² ≈ 3.6 × 10¹⁶ codes, too many to guess."""
    drawn = "".join(secrets.choice(CODE_ALPHABET) for _ in range(12))
    return "-".join((drawn[:4], drawn[4:8], drawn[8:]))


class Credential(models.Model):
    """One award to one person for one enrollment.

    `award` is frozen when the credential comes to be owed: names as printed, competencies, dates,
    evidence, colours. The PDF is rendered from it alone, once, and its bytes are kept with their
    SHA-256. The row itself is the owed work: pending until a worker claims it with a lease, and
    claimed again by another when the lease ran out.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being prepared")
        CLAIMED = "claimed", _("being made")
        ISSUED = "issued", _("issued")
        REFUSED = "refused", _("could not be made")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=20, unique=True, default=verification_code)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credentials"
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="credentials")
    enrollment = models.OneToOneField(
        Enrollment, on_delete=models.PROTECT, related_name="credential"
    )
    award = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    awarded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    pdf = models.FileField(upload_to="credentials/", storage=private_storage, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        ordering = ["-awarded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (Q(issued_at__isnull=False) & ~Q(pdf="") & ~Q(pdf_sha256="")),
                name="credentials_issued_has_bytes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["pending", "claimed"]),
                name="credentials_owed",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_issued(self) -> bool:
        return self.state == self.State.ISSUED


class Revocation(models.Model):
    """A credential was taken back. `reason` stays inside; `public_label` is what a verifier reads."""

    class PublicLabel(models.TextChoices):
        ERROR = "error", _("issued in error")
        WITHDRAWN = "withdrawn", _("withdrawn by the issuer")
        REPLACED = "replaced", _("replaced by another credential")

    credential = models.OneToOneField(
        Credential, on_delete=models.PROTECT, related_name="revocation"
    )
    reason = models.TextField(_("reason"))
    public_label = models.CharField(
        max_length=12, choices=PublicLabel, default=PublicLabel.WITHDRAWN
    )
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("revocation")
        verbose_name_plural = _("revocations")

    def __str__(self) -> str:
        return f"{self.credential}: {self.public_label}"
