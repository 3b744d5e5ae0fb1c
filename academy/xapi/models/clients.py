"""The programs that may talk to the store."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.xapi.querysets import LrsClientQuerySet


class LrsClient(models.Model):
    """A program that may talk to the store, by key and secret.

    The secret is 256 random bits, so its plain SHA-256 is as good as a slow password hash and
    costs microseconds, not a tenth of a second, on every request.
    """

    class Scope(models.TextChoices):
        WRITE = "statements/write", _("write statements")
        READ = "statements/read", _("read statements")
        ALL = "all", _("everything")

    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = LrsClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("learning record client")
        verbose_name_plural = _("learning record clients")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def may(self, scope: str) -> bool:
        """Whether the client holds the scope, or all."""
        return self.Scope.ALL in self.scopes or scope in self.scopes
