"""A real academy. Starts only with a real secret, a public https address and named hosts."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from academy.settings.base import *  # noqa: F403
from academy.settings.base import ALLOWED_HOSTS, SECRET_KEY, SITE_URL, STORAGES, env

if len(SECRET_KEY) < 50 or SECRET_KEY.startswith("development-"):
    raise ImproperlyConfigured(
        "SECRET_KEY must be a secret of at least 50 characters. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    )
_site = urlsplit(SITE_URL)
if _site.scheme != "https" or (_site.hostname or "localhost") in {
    "localhost",
    "127.0.0.1",
    "::1",
    "0.0.0.0",
}:
    raise ImproperlyConfigured(
        "SITE_URL must be the public https address of the academy: it is printed on credentials."
    )
if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = [_site.hostname]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", True)
if env.bool("TRUST_PROXY_SSL_HEADER", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
