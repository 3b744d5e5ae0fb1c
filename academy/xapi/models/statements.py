"""Statements as they are kept, and the keys that make them unique."""

import hashlib
import json
import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from academy.xapi.querysets import (
    StatementKeyQuerySet,
    StatementQuerySet,
)
from academy.xapi.schema import instant

KEY_LENGTH = 500


def compact(value: str) -> str:
    """A value short enough to index: itself up to 500 characters, else the SHA-256 of it.

    A PostgreSQL b-tree refuses entries above about 2,700 bytes, and an IRI has no limit.
    Whoever queries a column of `Statement` compacts the value first.
    """
    if len(value) <= KEY_LENGTH:
        return value
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()


def account_key(home_page: str, name: str) -> str:
    """How `Statement.actor` names an account. No IRI holds a bare "|", so it is unambiguous."""
    return compact(f"{home_page}|{name}")


def agent_key(agent: dict[str, Any]) -> str:
    """How `Statement.actor` names an Agent or Group: by its inverse functional identifier.

    "mailto:…", "sha1:…", an OpenID, or "homePage|name"; empty for an anonymous group, which
    equals no other (xAPI Data 2.4.2.2).
    """
    if account := agent.get("account"):
        return account_key(account["homePage"], account["name"])
    if digest := agent.get("mbox_sha1sum"):
        return "sha1:" + digest.lower()
    return compact(agent.get("mbox") or agent.get("openid") or "")


class StatementKey(models.Model):
    """One row for each statement id: what keeps ids unique while the statements are partitioned.

    `content_hash` is the fingerprint by which two statements of one id are the same or in conflict.
    A blank hash is the key of a statement that others refer to and that has not arrived: whoever
    stores it takes this row over, and finds out what was said about it, such as that it is void.
    Other models refer to a statement by this id, without a foreign key.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    stored = models.DateTimeField()
    content_hash = models.CharField(max_length=64, blank=True)

    objects = StatementKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement key")
        verbose_name_plural = _("statement keys")

    def __str__(self) -> str:
        return str(self.id)


class Statement(models.Model):
    """A statement exactly as it came, and the columns by which it is found. Append-only.

    `raw` is the JSON text that was received; what the store adds to it (id, stored, authority, a
    missing timestamp and version) stands in columns and is put together by `document`.
    Only `voided` ever changes.

    On PostgreSQL the table is partitioned by month of `stored` and its primary key is
    (id, stored); see `partitions`. That is why no model has a foreign key to it, and why every
    lookup by statement id begins at `StatementKey`.
    """

    statement_id = models.UUIDField(_("statement id"), editable=False)
    stored = models.DateTimeField(_("stored"))
    timestamp = models.DateTimeField(_("time of the event"))
    verb = models.CharField(_("verb"), max_length=KEY_LENGTH)
    # null: the object is no activity
    activity = models.CharField(_("activity"), max_length=KEY_LENGTH, null=True)  # noqa: DJ001
    actor = models.CharField(_("actor"), max_length=KEY_LENGTH)
    registration = models.UUIDField(_("registration"), null=True)
    voided = models.BooleanField(_("voided"), default=False)
    # of a statement that came without one: by the standard its sender spoke
    version = models.CharField(_("version"), max_length=20, default="1.0.0")
    authority = models.JSONField(_("authority"))
    raw = models.TextField(_("statement as received"))

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        indexes = [
            models.Index(fields=["actor", "stored"], name="xapi_statement_actor"),
            # by id (with `stored` from the key table) and the whole store in order
            models.Index(fields=["stored", "statement_id"], name="xapi_statement_stored"),
        ]

    def __str__(self) -> str:
        return str(self.statement_id)

    @property
    def received(self) -> dict[str, Any]:
        """The statement as its sender would say it today: `raw` with its id and timestamp fixed."""
        statement = json.loads(self.raw)
        for assigned in ("stored", "authority"):
            statement.pop(assigned, None)
        statement["id"] = str(self.statement_id)
        statement.setdefault("timestamp", instant(self.timestamp))
        return statement

    @property
    def document(self) -> dict[str, Any]:
        """The statement as the store answers it (xAPI Data 2.4.7-2.4.10, 2.4.6.2)."""
        statement = self.received
        _list_context_activities(statement)
        if statement["object"].get("objectType") == "SubStatement":
            _list_context_activities(statement["object"])
        statement["stored"] = instant(self.stored)
        statement["authority"] = self.authority
        statement.setdefault("version", self.version)
        return statement


class StatementTerm(models.Model):
    """One thing that a statement is found by (see `terms`), in the order of pages.

    Written with the statement and, where it refers to another, with what that one is found by, so
    that a filter reads this table alone (Communication 2.1.3). A voided statement has no terms.
    Partitioned like `Statement` on PostgreSQL.
    """

    pk = models.CompositePrimaryKey("term", "stored", "statement")
    term = models.BigIntegerField()
    stored = models.DateTimeField()
    statement = models.BigIntegerField()  # the `id` of the Statement

    class Meta:
        verbose_name = _("statement term")
        verbose_name_plural = _("statement terms")

    def __str__(self) -> str:
        return f"{self.term}: {self.statement}"


class StatementReference(models.Model):
    """A statement whose object is another statement, which may not be here yet."""

    source = models.UUIDField(primary_key=True, editable=False)
    target = models.UUIDField(db_index=True)
    # where the source lies
    stored = models.DateTimeField()
    statement = models.BigIntegerField()
    voids = models.BooleanField()

    class Meta:
        verbose_name = _("statement reference")
        verbose_name_plural = _("statement references")

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class Activity(models.Model):
    """What the store knows of an Activity: the definitions it met, merged (Communication 2.5).

    `iri` is compacted. Activities that nobody defined have no row.
    """

    iri = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    definition = models.JSONField()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")

    def __str__(self) -> str:
        return self.iri


class Attachment(models.Model):
    """The data of attachments, each kept once, by its SHA-2 in lower case (Data 2.4.11).

    In the database, so that data and statement are kept or lost together.
    """

    sha2 = models.CharField(max_length=128, primary_key=True)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.sha2


class StatementAttachment(models.Model):
    """A statement that came with the data of an attachment.

    Who may read the statement may read that data. A statement that only names a hash gets nothing
    by it.
    """

    statement_id = models.UUIDField()
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("attachment of a statement")
        verbose_name_plural = _("attachments of statements")
        constraints = [
            models.UniqueConstraint(
                fields=["statement_id", "attachment"], name="xapi_statement_attachment_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}: {self.attachment_id}"


def _list_context_activities(statement: dict[str, Any]) -> None:
    """A store answers every context activity in a list, however it came (Data 2.4.6.2)."""
    activities = statement.get("context", {}).get("contextActivities", {})
    for relation, value in activities.items():
        if isinstance(value, dict):
            activities[relation] = [value]


def new_statement_id() -> uuid.UUID:
    """UUIDv4: older clients refuse the later versions."""
    return uuid.uuid4()
