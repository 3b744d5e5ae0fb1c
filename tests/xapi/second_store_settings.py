"""Settings of the second store: an SQLite file of its own, its tables made without migrations."""

from academy.settings.base import VAR_DIR
from academy.settings.test import *  # noqa: F403


class NoMigrations:
    """Says of every app that it has none, so that `migrate --run-syncdb` makes plain tables."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
LOGGING_CONFIG = None
assert str(VAR_DIR)
