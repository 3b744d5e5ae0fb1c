"""Who issues. The name and colours are edited in a room above (`cms`), so they are asked for."""

from collections.abc import Callable

from django.conf import settings

_source: Callable[[], dict] | None = None


def set_issuer_source(source: Callable[[], dict]) -> None:
    """Name the function that knows the academy's name and colours. Called once, at start-up."""
    global _source
    _source = source


def issuer() -> dict:
    """`{"name": words by language or one name, "primary": "#…", "accent": "#…"}`."""
    return _source() if _source else {"name": settings.WAGTAIL_SITE_NAME}
