"""Documents that content keeps in the store: state, activity profiles and agent profiles."""

import hashlib
import json

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from academy.xapi.models.statements import KEY_LENGTH
from academy.xapi.querysets import DocumentQuerySet


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def context_digest(kind: str, activity: str, agent: str) -> str:
    """What documents listed together have in common, short enough to index."""
    return _digest(kind, activity, agent)


class Document(models.Model):
    """Bytes of any content type under an id, about an activity, an agent, or both (xAPI
    Communication 2.2).

    `activity` and `agent` name them as the columns of `Statement` do. Ids and IRIs have no limit
    and an index entry has one, so uniqueness is that of `address`, the SHA-256 of kind, activity,
    agent, registration and id; and `context`, that of the first three, is what lists are made by.
    """

    class Kind(models.TextChoices):
        STATE = "state", _("state")
        ACTIVITY_PROFILE = "activity", _("activity profile")
        AGENT_PROFILE = "agent", _("agent profile")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    context = models.CharField(max_length=64, editable=False)
    address = models.CharField(max_length=64, unique=True, editable=False)
    activity = models.CharField(_("activity"), max_length=KEY_LENGTH, blank=True)
    agent = models.CharField(_("agent"), max_length=KEY_LENGTH, blank=True)
    registration = models.UUIDField(_("registration"), null=True, blank=True)
    document_id = models.TextField(_("id"))
    content = models.BinaryField(_("content"))
    content_type = models.CharField(_("content type"), max_length=255)
    etag = models.CharField(max_length=40, editable=False)
    updated = models.DateTimeField(_("updated"))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [
            models.Index(fields=["context", "updated"], name="xapi_document_context"),
            # everything about one person, whatever the activity
            models.Index(fields=["agent"], condition=~Q(agent=""), name="xapi_document_agent"),
        ]

    def __str__(self) -> str:
        return self.document_id

    @property
    def is_json(self) -> bool:
        return is_json(self.content_type)


def is_json(content_type: str) -> bool:
    """Whether a document of this type takes part in merging (2.2.s7)."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def document_address(context: str, registration: str, document_id: str) -> str:
    """The one place a document has within its context. `registration` may be empty."""
    return _digest(context, registration, document_id)
