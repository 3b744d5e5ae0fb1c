"""What every test stands on: a migrated database, empty caches, English, tasks that can be run.

SQLite databases are files, not memory: threads of a live server then have connections of their own,
as in production. A migrated file is kept in pytest's cache, and a migrated database on the PostgreSQL
server (academy_migrated_…), for migrating takes longest of all.
The flush after a transactional test takes what migrations wrote; `cms.seed` writes it again.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

ROOT = Path(__file__).resolve().parent.parent
#: What comes out the same on every database and every Wagtail: pages as a browser draws them, rules
#: without a query, files that are shipped. `-m "not once"` leaves it out.
ONCE = (
    "tests/assessments/exchange/",
    "tests/assessments/measurement/",
    "tests/assessments/test_data_tables.py",
    "tests/conformance/xapi/test_data_",
    "tests/conformance/xapi/test_properties.py",
    "tests/core/test_translations.py",
    "tests/credentials/pdf/",
    "tests/demo/test_content.py",
    "tests/e2e/test_admin_csp.py",
    "tests/e2e/test_builder.py",
    "tests/e2e/test_disagree.py",
    "tests/e2e/test_kinds_of_question.py",
    "tests/e2e/test_marking.py",
    "tests/e2e/test_pages_accessible.py",
    "tests/e2e/test_pictures.py",
    "tests/e2e/test_running.py",
    "tests/e2e/test_video.py",
    "tests/test_docs.py",
    "tests/xapi/test_schema.py",
    "tests/xapi/test_signatures.py",
)
#: What asks no question of the database that another could answer differently; the journeys in the
#: browser load the demo on each database. `-m "not any_database"` leaves it out.
ANY_DATABASE = (
    "tests/assessments/test_item_types.py",
    "tests/cms/test_builder.py",
    "tests/cms/test_questions.py",
    "tests/core/",
    "tests/demo/",
    "tests/test_permissions.py",
    "tests/test_settings.py",
)
#: The rooms that know no Wagtail, as the layers hold, and what happens to attempts once questions are
#: published. `-m "not any_wagtail"` leaves them out.
ANY_WAGTAIL = (
    "tests/assessments/test_answer_files.py",
    "tests/assessments/test_calibrating.py",
    "tests/assessments/test_drawing.py",
    "tests/assessments/test_exposure.py",
    "tests/assessments/test_integrity.py",
    "tests/assessments/test_item_statistics.py",
    "tests/assessments/test_item_types.py",
    "tests/assessments/test_marking.py",
    "tests/assessments/test_regrading.py",
    "tests/assessments/test_reviews.py",
    "tests/assessments/test_running.py",
    "tests/assessments/test_sections.py",
    "tests/assessments/test_secure_browser.py",
    "tests/assessments/test_spot_checks.py",
    "tests/assessments/test_timing.py",
    "tests/competencies/",
    "tests/conformance/",
    "tests/credentials/",
    "tests/people/",
    "tests/xapi/",
)
MARKED = {"once": ONCE, "any_database": ANY_DATABASE, "any_wagtail": ANY_WAGTAIL}
PACKAGES = ("academy", "assessments", "cms", "courses", "credentials")


def pytest_configure(config: pytest.Config) -> None:
    """Give each xdist worker its own Redis database: emptying a cache must not empty another's."""
    from django.conf import settings

    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    location = settings.CACHES["default"].get("LOCATION", "")
    if worker and location.startswith("redis"):
        server, _, number = location.rpartition("/")
        number = int(number) if number.isdigit() else 0
        base = server if number or location.endswith("/0") else location
        settings.CACHES["default"]["LOCATION"] = f"{base}/{number + 1 + int(worker[2:])}"
        caches.close_all()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark the browser tests, and begin with them: the short ones then fill what time is left.
    They are sorted last of all, for pytest-django puts tests that flush at the end."""
    for item in items:
        if _is_e2e(item):
            item.add_marker("e2e")
        for marker, paths in MARKED.items():
            if _path(item).startswith(paths):
                item.add_marker(marker)
    outcome = yield
    items.sort(key=lambda item: not _is_e2e(item))
    return outcome


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).as_posix()


def _is_e2e(item: pytest.Item) -> bool:
    return _path(item).startswith("tests/e2e/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Write again what a flush took and `cms.seed` cannot know: a permission that a migration of
    wagtail-localize wrote, and the roles that have it."""
    outcome = yield
    if nextitem is None:  # the database itself has gone
        return outcome
    marker = item.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(
        getattr(item, "fixturenames", ())
    ):
        from django.contrib.auth.models import Permission
        from django.contrib.contenttypes.models import ContentType

        from cms import seed

        with item.config.stash[blocking_manager_key].unblock():
            Permission.objects.get_or_create(
                codename="submit_translation",
                content_type=ContentType.objects.get(
                    app_label="wagtail_localize", model="translation"
                ),
                defaults={"name": "Can submit translations"},
            )
            seed.ensure_roles()
    return outcome


@pytest.fixture(scope="session")
def migrated_file(pytestconfig: pytest.Config) -> Path:
    """Where a migrated SQLite database is kept; its name changes with all that shapes it."""
    digest = hashlib.sha256((ROOT / "requirements-test.lock").read_bytes())
    import wagtail

    digest.update(wagtail.__version__.encode())
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.parent.name == "migrations" or path.stem.startswith(("roles", "seed")):
                digest.update(path.read_bytes())
    return pytestconfig.cache.mkdir("migrated") / f"{digest.hexdigest()[:16]}.sqlite3"


@pytest.fixture(scope="session")
def migrated_database(migrated_file: Path) -> str | None:
    """The name of a migrated PostgreSQL database that others are copied from; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    import psycopg

    name, prefix = f"academy_migrated_{migrated_file.stem}", "academy_migrated_"
    url = urlsplit(os.environ["DATABASE_URL"])
    with (
        migrated_file.with_suffix(".lock").open("w") as lock,
        psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True) as server,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        names = {row[0] for row in server.execute(kept, [prefix])}
        for old in names - {name}:
            with suppress(psycopg.Error):  # another checkout is using it
                server.execute(f'DROP DATABASE "{old}"')
        if name not in names:
            unfinished = f"{prefix}{os.getpid()}"
            server.execute(f'CREATE DATABASE "{unfinished}"')
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": url._replace(path=f"/{unfinished}").geturl()},
                check=True,
            )
            server.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    migrated_database: str | None,
) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database
    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)
        if migrated_file.exists():
            shutil.copyfile(migrated_file, file)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker, migrated_file: Path) -> None:
    """Keep the migrated database for the next run, written beside and renamed: workers race here."""
    if connection.vendor == "sqlite" and not migrated_file.exists():
        unfinished = migrated_file.with_suffix(f".{os.getpid()}")
        with django_db_blocker.unblock(), closing(sqlite3.connect(unfinished)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        for old in migrated_file.parent.glob("*.sqlite3"):
            old.unlink(missing_ok=True)
        unfinished.rename(migrated_file)


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Nothing another test left in the caches or the thread's language is seen."""
    from academy.xapi import destinations

    cache.clear()
    destinations.remember(())
    with translation.override("en"):
        yield


@pytest.fixture
def run_tasks() -> Iterator[None]:
    """Celery tasks run at once, in the caller, and their errors are the caller's."""
    from academy.celery import app

    before = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=before[0], task_eager_propagates=before[1])
