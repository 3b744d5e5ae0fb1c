"""Of a person's primary memberships no two may overlap: held by the database itself.

PostgreSQL: an exclusion constraint. SQLite: two triggers. A later migration that makes Django
rebuild the table on SQLite drops its triggers and must call `add` again.
"""

from django.db import migrations

NAME = "people_membership_primary_no_overlap"

POSTGRESQL = f"""
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE people_membership ADD CONSTRAINT {NAME}
    EXCLUDE USING gist (person_id WITH =, daterange(valid_from, valid_to) WITH &&)
    WHERE (is_primary) DEFERRABLE INITIALLY IMMEDIATE;
"""

SQLITE = """
CREATE TRIGGER {name}_{event} BEFORE {event} ON people_membership WHEN NEW.is_primary
BEGIN
    SELECT RAISE(ABORT, '{name}') WHERE EXISTS (
        SELECT 1 FROM people_membership other
        WHERE other.person_id = NEW.person_id AND other.is_primary AND other.id IS NOT NEW.id
          AND (other.valid_to IS NULL OR other.valid_to > NEW.valid_from)
          AND (NEW.valid_to IS NULL OR other.valid_from < NEW.valid_to)
    );
END;
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
    elif schema_editor.connection.vendor == "sqlite":
        for event in ("INSERT", "UPDATE"):
            schema_editor.execute(SQLITE.format(name=NAME, event=event))


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE people_membership DROP CONSTRAINT {NAME}")
    elif schema_editor.connection.vendor == "sqlite":
        for event in ("INSERT", "UPDATE"):
            schema_editor.execute(f"DROP TRIGGER {NAME}_{event}")


class Migration(migrations.Migration):
    dependencies = [("people", "0002_role_groups")]

    operations = [migrations.RunPython(add, remove)]
