"""Who asks: making, renewing, refusing and recognising programs and launched content."""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import Conflict, NotAllowed
from academy.people.models import User
from academy.people.services import identity_for
from academy.xapi.models import LaunchToken, LrsClient, account_key
from academy.xapi.services import client_authority
from academy.xapi.vocabulary import adl

LAST_USED_PRECISION = timedelta(minutes=5)
ROTATION_GRACE = timedelta(hours=24)
LAUNCH_LIFETIME = timedelta(hours=8)
LAUNCH_PREFIX = "launch."

Scope = LrsClient.Scope


# --- programs -----------------------------------------------------------------------------------
def create_client(*, name: str, scopes: Iterable[str]) -> tuple[LrsClient, str]:
    """A new client and its secret, which is shown once and kept only as a hash."""
    secret = secrets.token_urlsafe(32)
    client = LrsClient.objects.create(
        name=name,
        key=secrets.token_urlsafe(16),
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
    )
    return client, secret


def rotate_client(
    *, client: LrsClient, grace: timedelta = ROTATION_GRACE, at: datetime | None = None
) -> str:
    """A new secret, shown once. The one before is still taken for `grace`; none before that is."""
    at = at or now()
    secret = secrets.token_urlsafe(32)
    rotated = (
        LrsClient.objects.active()
        .filter(pk=client.pk)
        .update(
            previous_hash=F("secret_hash") if grace else "",
            previous_until=at + grace if grace else None,
            secret_hash=hash_secret(secret),
        )
    )
    if not rotated:
        raise Conflict(_("This client has been revoked. Make a new one."))
    return secret


def revoke_client(*, client: LrsClient, at: datetime | None = None) -> None:
    """Refuse the client from now on. What it stored stays."""
    LrsClient.objects.active().filter(pk=client.pk).update(revoked_at=at or now())


# --- launched content ---------------------------------------------------------------------------
@dataclass(frozen=True)
class IssuedToken:
    """A launch token with its secret, which is known here and then never again."""

    token: LaunchToken
    secret: str

    @property
    def authorization(self) -> str:
        """The Authorization header the content is to send."""
        return "Basic " + b64encode(f"{self.token.key}:{self.secret}".encode()).decode()


def issue_launch_token(
    *,
    person: User,
    registration: UUID,
    lifetime: timedelta = LAUNCH_LIFETIME,
    at: datetime | None = None,
) -> IssuedToken:
    """A token for content launched for this person in this registration.

    It may write statements of theirs in it, and read and write their state in it; nothing else.
    The person's expired tokens are cleared away.
    """
    at = at or now()
    secret = secrets.token_urlsafe(32)
    LaunchToken.objects.filter(identity__person=person, expires_at__lte=at).delete()
    token = LaunchToken.objects.create(
        identity=identity_for(person),
        registration=registration,
        key=LAUNCH_PREFIX + secrets.token_urlsafe(16),
        secret_hash=hash_secret(secret),
        created_at=at,
        expires_at=at + lifetime,
    )
    return IssuedToken(token, secret)


def withdraw_launch_tokens(*, person: User) -> None:
    """Refuse every token of this person from now on."""
    LaunchToken.objects.filter(identity__person=person).delete()


def launch_authority(token: LaunchToken) -> dict[str, Any]:
    """Who vouches for what launched content writes: the content and the learner, as a group of
    two. Whoever reads it knows that it came from a browser (Data 2.4.9)."""
    return {
        "objectType": "Group",
        "member": [
            {
                "objectType": "Agent",
                "account": {"homePage": settings.XAPI_HOME_PAGE, "name": "launched-content"},
            },
            token.identity.actor,
        ],
    }


# --- recognising --------------------------------------------------------------------------------
def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def authenticate_client(*, key: str, secret: str, at: datetime | None = None) -> LrsClient | None:
    """The active client with this key and secret, or None. Notes the use, to five minutes."""
    at = at or now()
    client = _active_client(key) if "\0" not in key else None
    if client is None or not _is_secret_of(client, secret, at):
        return None
    if client.last_used_at is None or at - client.last_used_at > LAST_USED_PRECISION:
        LrsClient.objects.filter(pk=client.pk).update(last_used_at=at)
    return client


def _active_client(key: str) -> LrsClient | None:
    """Plain SQL: every request of every program begins here, and building the query cost as much
    as the rest of the sign-in."""
    found = LrsClient.objects.raw(
        "SELECT * FROM xapi_lrsclient WHERE key = %s AND revoked_at IS NULL", [key]
    )
    return next(iter(found), None)


def _is_secret_of(client: LrsClient, secret: str, at: datetime) -> bool:
    given = hash_secret(secret)
    if compare_digest(client.secret_hash, given):
        return True
    in_grace = client.previous_until is not None and at < client.previous_until
    return in_grace and compare_digest(client.previous_hash, given)


def authenticate_launch(*, key: str, secret: str, at: datetime | None = None) -> LaunchToken | None:
    """The live launch token with this key and secret, or None."""
    if "\0" in key:
        return None
    tokens = LaunchToken.objects.live(at or now()).select_related("identity")
    token = tokens.filter(key=key).first()
    if token is None or not compare_digest(token.secret_hash, hash_secret(secret)):
        return None
    return token


# --- what each may ------------------------------------------------------------------------------
class Principal:
    """Whoever asks, and what they may. Denied unless a subclass allows it."""

    authority: dict[str, Any] | None = None

    def may(self, *scopes: str) -> bool:
        """Whether one of the scopes is held."""
        return False

    def check_statement(self, statement: Any) -> None:
        """Raise unless this statement, which nobody has looked at yet, may be written."""
        raise NotAllowed("Only clients of the store write statements.")

    def check_state(self, *, agent: str, registration: UUID | None) -> None:
        """Raise unless the state of this agent in this registration may be read and written."""

    def reads_only(self) -> dict[str, Any] | None:
        """The authority whose statements alone may be read; None where all may."""
        raise NotAllowed("Only clients of the store read statements.")


class ClientPrincipal(Principal):
    """A program, with the scopes it was given."""

    def __init__(self, client: LrsClient) -> None:
        self.client = client
        self.authority = client_authority(client)

    def may(self, *scopes: str) -> bool:
        return self.client.may(*scopes)

    def check_statement(self, statement: Any) -> None:
        if not self.may(Scope.WRITE):
            super().check_statement(statement)

    def reads_only(self) -> dict[str, Any] | None:
        return None if self.may(Scope.READ) else self.authority


class LaunchPrincipal(Principal):
    """Content that speaks for one learner in one registration."""

    SCOPES = frozenset((Scope.WRITE, Scope.STATE))

    def __init__(self, token: LaunchToken) -> None:
        self.token = token
        self.account = token.identity.actor["account"]
        self.authority = launch_authority(token)

    def may(self, *scopes: str) -> bool:
        return not self.SCOPES.isdisjoint(scopes)

    def check_statement(self, statement: Any) -> None:
        if not isinstance(statement, dict):
            return  # no statement at all, which validation says better
        actor, verb = statement.get("actor"), statement.get("verb")
        context = statement.get("context")
        if (
            not isinstance(actor, dict)
            or actor.get("objectType", "Agent") != "Agent"
            or actor.get("account") != self.account
        ):
            raise NotAllowed("This token writes statements of its own learner only.")
        registration = context.get("registration") if isinstance(context, dict) else None
        if str(registration).lower() != str(self.token.registration):
            raise NotAllowed("This token writes statements of its own registration only.")
        if isinstance(verb, dict) and verb.get("id") == adl.VOIDED.id:
            raise NotAllowed("This token may not void statements.")

    def check_state(self, *, agent: str, registration: UUID | None) -> None:
        own = account_key(self.account["homePage"], self.account["name"])
        if agent != own or registration != self.token.registration:
            raise NotAllowed("This token reaches the state of its own learner and registration.")


class OperatorPrincipal(Principal):
    """An operator's session: may look at everything, and write nothing."""

    def may(self, *scopes: str) -> bool:
        return True

    def reads_only(self) -> dict[str, Any] | None:
        return None
