"""The test suite: whatever DATABASE_URL, CACHE_URL and CELERY_BROKER_URL name, the rest in memory."""

import tempfile
from pathlib import Path

from academy.settings.base import *  # noqa: F403
from academy.settings.base import CACHE_URL

SECRET_KEY = "test-secret"
ALLOWED_HOSTS = ["*"]
DEMO = True
SITE_URL = WAGTAILADMIN_BASE_URL = XAPI_HOME_PAGE = "https://academy.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if not CACHE_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="academy-test-media-"))
AXES_ENABLED = False
LOG_LEVEL = "WARNING"
