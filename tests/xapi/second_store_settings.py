"""The second store: the rooms that the store needs and no others, on an SQLite file of its own.

The tables are made without migrations, and there is no CMS, so that it is up in seconds. CLOCK_AHEAD,
in hours, puts its clock wrong.
"""

from academy.settings.base import *  # noqa: F403
from academy.settings.base import MIDDLEWARE as ALL_MIDDLEWARE
from academy.settings.base import env

SECRET_KEY = "second-store-secret"
ALLOWED_HOSTS = ["*"]
SITE_URL = XAPI_HOME_PAGE = "https://second.example"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


class NoMigrations:
    """Says of every app that it has none, so that `migrate --run-syncdb` makes plain tables."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
INSTALLED_APPS = [
    "academy.xapi",
    "academy.people",
    "academy.core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    name
    for name in ALL_MIDDLEWARE
    if name.startswith(("django.", "allauth.")) and "messages" not in name
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ROOT_URLCONF = "second_store_urls"
CELERY_BEAT_SCHEDULE = {
    "forward-statements": {"task": "academy.xapi.tasks.forward_statements", "schedule": 0.5}
}
if ahead := env.float("CLOCK_AHEAD", 0):
    import datetime

    import time_machine

    _there = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=ahead)
    time_machine.travel(_there, tick=True).start()
