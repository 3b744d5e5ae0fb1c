"""The test suite: whatever DATABASE_URL, CACHE_URL and CELERY_BROKER_URL name, the rest in memory."""

import os
import tempfile

# the embedded broker's queue and all else that tests leave lie outside the checkout, and go at exit
_var_dir = tempfile.TemporaryDirectory(prefix="academy-test-", ignore_cleanup_errors=True)
os.environ["VAR_DIR"] = _var_dir.name
os.environ.setdefault("LOG_LEVEL", "WARNING")

from academy.settings.base import *  # noqa: F403
from academy.settings.base import CACHE_URL, VAR_DIR

SECRET_KEY = "test-secret"
ALLOWED_HOSTS = ["*"]
DEMO = True
SITE_URL = WAGTAILADMIN_BASE_URL = XAPI_HOME_PAGE = "https://academy.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if not CACHE_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MEDIA_ROOT = VAR_DIR / "media"
AXES_ENABLED = False
# Search and reference indexes are Wagtail's own business; no test of ours asks them.
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
