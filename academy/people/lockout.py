"""Who is locked out after failed sign-ins: an account at an address, never all of an office."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def username(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """The account that somebody tries to sign in to; allauth calls it "email", its form "login"."""
    given = credentials or {}
    name = given.get("email") or given.get("login") or given.get("username")
    name = name or request.POST.get("login")
    return name.strip().lower() if isinstance(name, str) and name.strip() else None


def _address(text: str) -> str | None:
    """An address as such; some proxies write a port behind it."""
    text = text.strip()
    for candidate in (text, text.partition("]")[0].lstrip("["), text.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return None


def client_ip(request: HttpRequest) -> str | None:
    """Where a request comes from.

    Each of the `TRUSTED_PROXY_COUNT` proxies in front adds the address it was asked from to
    `X-Forwarded-For`: the client is the nth from the right. What stands further left is the
    client's own word, and without proxies all of it is.
    """
    count = settings.TRUSTED_PROXY_COUNT
    if count > 0:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= count and (address := _address(forwarded[-count])):
            return address
    return request.META.get("REMOTE_ADDR") or None
