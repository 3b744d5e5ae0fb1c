"""The roles are groups. What each may do in the Wagtail admin is given by `cms.seed`."""

from django.db import migrations

from academy.people.roles import ALL_ROLES


def create_groups(apps, schema_editor):
    manager = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name in ALL_ROLES:
        manager.get_or_create(name=name)


def delete_groups(apps, schema_editor):
    manager = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    manager.filter(name__in=ALL_ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(create_groups, delete_groups)]
