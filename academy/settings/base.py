"""Settings shared by every environment, typed and read from environment variables.

`docs/operations/settings.md` lists every variable. The defaults are the embedded academy: SQLite,
a broker on the file system, a cache in the database, mail written to files.
"""

from pathlib import Path

import dj_database_url
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Site ---------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", [])
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
ROOT_URLCONF = "academy.urls"
WSGI_APPLICATION = "academy.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True
DEMO = False

INSTALLED_APPS = [
    # the house, from the top down: a template of a higher room wins
    "academy.demo",
    "academy.portal",
    "academy.reporting",
    "cms",
    "credentials",
    "courses",
    "assessments",
    "academy.xapi",
    "academy.competencies",
    "academy.people",
    "academy.media",
    "academy.core",
    # Wagtail
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "cms.apps.AcademyUsersConfig",  # wagtail.users
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    # sign-in
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    # Django
    "django_celery_beat",
    "django_tasks",
    "django_filters",
    "django_structlog",
    "corsheaders",
    "rules",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "academy.core.middleware.HealthMiddleware",  # a prober knows neither host name nor https
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "cms.csp.AdminCspMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "academy.core.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "academy.core.middleware.AcademyErrorMiddleware",
    "cms.middleware.AdminDoorMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "academy" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "cms.context_processors.site",
            ],
            "builtins": ["academy.core.templatetags.academy"],
        },
    }
]
FORM_RENDERER = "academy.core.forms.AcademyRenderer"

# --- Data ---------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'academy.sqlite3'}"),
        conn_max_age=env.int("DATABASE_CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

CACHE_URL = env.str("CACHE_URL", "")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
        if CACHE_URL
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "academy_cache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    )
}
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cache" if CACHE_URL else "django.contrib.sessions.backends.db"
)

# --- Languages ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "academy" / "locale"]
FORMAT_MODULE_PATH = "academy.core.formats"
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = USE_TZ = WAGTAIL_I18N_ENABLED = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600

# --- People and sign-in -------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "academy.demo.backends.DemoAccountsBackend",
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "academy.people.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
# Many people share an office's address: an account is limited closely, an address loosely.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,5/5m/key"}
TRUSTED_PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "academy.people.lockout.username"
AXES_CLIENT_IP_CALLABLE = "academy.people.lockout.client_ip"
WAGTAILADMIN_LOGIN_URL = "account_login"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 12 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- Security headers ---------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
PERMISSIONS_POLICY = {
    name: []
    for name in (
        "accelerometer",
        "camera",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
    )
}
X_FRAME_OPTIONS = "SAMEORIGIN"
# W019 asks for DENY, but the editors' preview is a frame of the same origin.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "academy.core.views.csrf_failure"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "academy" / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "media")))
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", str(VAR_DIR / "private")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Served by views that ask who is there, never by address: credentials.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
#: Handed in as an answer: the largest file, in MB, and how many an answer may hold.
ANSWER_FILE_MB = env.int("ANSWER_FILE_MB", 20)
ANSWER_FILES = env.int("ANSWER_FILES", 5)
#: How long an answer that somebody took to mark, and has not touched since, stays theirs.
MARKING_LEASE_HOURS = env.int("MARKING_LEASE_HOURS", 48)
EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    globals().update(env.dj_email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "academy@localhost")

# --- Wagtail ------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Horizon Academy"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILIMAGES_IMAGE_MODEL = "media.AcademyImage"
WAGTAILDOCS_DOCUMENT_MODEL = "media.AcademyDocument"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAILDOCS_EXTENSIONS = [
    "csv",
    "docx",
    "odt",
    "ods",
    "pdf",
    "pptx",
    "txt",
    "vtt",
    "xlsx",
    "mp4",
    "webm",
]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_USER_TIME_ZONES = ["UTC", "America/Toronto", "Europe/Paris", "Pacific/Auckland"]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("en", _("English")), ("fr", _("French"))]
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILLOCALIZE_MACHINE_TRANSLATOR = None
# A translation starts as a draft: nobody is shown English words on a French page.
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

# --- Celery -------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    _queue = VAR_DIR / "queue"
    for folder in ("messages", "control"):
        (_queue / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
    }
else:
    # A request that queues a task does not wait for a broker that is away: the sweeps find the work.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "render-owed-credentials": {"task": "credentials.tasks.sweep_credentials", "schedule": 20.0},
    "complete-due-courses": {"task": "courses.tasks.sweep_completions", "schedule": 300.0},
    "renew-owed-plans": {"task": "courses.tasks.sweep_plans", "schedule": 60.0},
    "forward-statements": {"task": "academy.xapi.tasks.forward_statements", "schedule": 30.0},
    "finish-erasures": {"task": "academy.xapi.tasks.sweep_erasures", "schedule": 600.0},
    "make-partitions": {"task": "academy.xapi.tasks.make_partitions", "schedule": 6 * 3600.0},
    "make-owed-copies": {"task": "academy.portal.tasks.sweep_exports", "schedule": 60.0},
    "import-owed-questions": {"task": "assessments.tasks.sweep_imports", "schedule": 60.0},
    "purge-statements": {"task": "academy.xapi.tasks.purge_statements", "schedule": 24 * 3600.0},
    "apply-owed-regrades": {"task": "assessments.tasks.sweep_regrades", "schedule": 60.0},
    "submit-overdue-attempts": {
        "task": "assessments.tasks.sweep_overdue_attempts",
        "schedule": 60.0,
    },
    "calibrate-banks": {
        "task": "assessments.tasks.calibrate_banks",
        "schedule": crontab(hour=2, minute=30),
    },
    "work-out-item-statistics": {
        "task": "assessments.tasks.sweep_statistics",
        "schedule": crontab(hour=3, minute=30),
    },
    "finish-second-forms": {"task": "assessments.tasks.sweep_second_forms", "schedule": 3600.0},
    "make-owed-simulations": {"task": "assessments.tasks.sweep_simulations", "schedule": 120.0},
    "remind-of-placement-reviews": {"task": "cms.tasks.remind_of_reviews", "schedule": 3600.0},
}

# --- Learning record store ----------------------------------------------------------------------
LRS_ENDPOINT = env.str("LRS_ENDPOINT", "")
LRS_USERNAME = env.str("LRS_USERNAME", "")
LRS_PASSWORD = env.str("LRS_PASSWORD", "")
LRS_TIMEOUT_SECONDS = env.float("LRS_TIMEOUT_SECONDS", 30)
LRS_LEASE_SECONDS = env.float("LRS_LEASE_SECONDS", 180)
LRS_RETRY_SECONDS = env.float("LRS_RETRY_SECONDS", 30)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
XAPI_HOME_PAGE = env.str("XAPI_HOME_PAGE", SITE_URL)
# Content that runs on other origins may speak to the store from the browser, and to nothing else.
CORS_URLS_REGEX = r"^/xapi/"
CORS_ALLOWED_ORIGINS = env.list("XAPI_ALLOWED_ORIGINS", [])
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-encoding",
    "content-type",
    "if-match",
    "if-none-match",
    "x-experience-api-hash",
    "x-experience-api-version",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Last-Modified",
    "X-Experience-API-Consistent-Through",
    "X-Experience-API-Version",
]

#: Months that statements are kept, by class (academy.xapi.retention); 0 is for ever.
RETENTION_TRACE_MONTHS = env.int("RETENTION_TRACE_MONTHS", 0)
RETENTION_ANSWER_MONTHS = env.int("RETENTION_ANSWER_MONTHS", 0)
RETENTION_EVIDENCE_MONTHS = env.int("RETENTION_EVIDENCE_MONTHS", 0)

# --- Exchange of questions ------------------------------------------------------------------------
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 50 * 1024 * 1024)
IMPORT_MAX_UNPACKED_BYTES = env.int("IMPORT_MAX_UNPACKED_BYTES", 300 * 1024 * 1024)
IMPORT_MAX_FILES = env.int("IMPORT_MAX_FILES", 20_000)
IMPORT_MAX_QUESTIONS = env.int("IMPORT_MAX_QUESTIONS", 10_000)
IMPORT_MAX_PICTURE_BYTES = env.int("IMPORT_MAX_PICTURE_BYTES", 10 * 1024 * 1024)

# --- Credentials --------------------------------------------------------------------------------
CREDENTIAL_LEASE_SECONDS = env.int("CREDENTIAL_LEASE_SECONDS", 120)

# --- Logs ---------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
_shared_processors = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        name: {"level": env.str("LIBRARY_LOG_LEVEL", "WARNING")}
        for name in ("axes", "celery", "django_tasks", "fontTools", "wagtail")
    },
}
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
