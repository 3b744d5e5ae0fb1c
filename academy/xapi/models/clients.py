"""Who may talk to the store: programs, and content launched for one learner."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.people.models import Identity
from academy.xapi.querysets import LaunchTokenQuerySet, LrsClientQuerySet


class LrsClient(models.Model):
    """A program that may talk to the store, by key and secret.

    The secret is 256 random bits, so its plain SHA-256 is as good as a slow password hash and
    costs microseconds, not a tenth of a second, on every request. After a rotation the secret
    before is taken until `previous_until`, so that the program can be told the new one meanwhile.
    """

    class Scope(models.TextChoices):
        WRITE = "statements/write", _("write statements")
        READ_MINE = "statements/read/mine", _("read the statements it wrote itself")
        READ = "statements/read", _("read all statements")
        STATE = "state", _("read and write state")
        PROFILE = "profile", _("read and write activity and agent profiles")
        ALL = "all", _("everything")

    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
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

    def may(self, *scopes: str) -> bool:
        """Whether the client holds one of the scopes, or all."""
        return not {self.Scope.ALL, *scopes}.isdisjoint(self.scopes)


class LaunchToken(models.Model):
    """Lets content that was launched in a browser speak for one learner, in one registration.

    The browser holds it, so the learner can do with it what the content can: hence short-lived,
    bound, and with an authority of its own in what it writes.
    """

    identity = models.ForeignKey(
        Identity, on_delete=models.CASCADE, related_name="launch_tokens", verbose_name=_("identity")
    )
    registration = models.UUIDField(_("registration"))
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))

    objects = LaunchTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("launch token")
        verbose_name_plural = _("launch tokens")

    def __str__(self) -> str:
        return self.key
