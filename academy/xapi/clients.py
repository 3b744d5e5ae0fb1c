"""The programs that talk to the store: making, refusing and recognising them."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from academy.core.clock import now
from academy.xapi.models import LrsClient

LAST_USED_PRECISION = timedelta(minutes=5)


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


def revoke_client(*, client: LrsClient, at: datetime | None = None) -> None:
    """Refuse the client from now on. What it stored stays."""
    LrsClient.objects.active().filter(pk=client.pk).update(revoked_at=at or now())


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def authenticate_client(*, key: str, secret: str, at: datetime | None = None) -> LrsClient | None:
    """The active client with this key and secret, or None. Notes the use, to five minutes."""
    at = at or now()
    client = _active_client(key) if "\0" not in key else None
    known = client.secret_hash if client else hash_secret("")
    if not compare_digest(known, hash_secret(secret)) or client is None:
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
