"""What statements are found by, what they refer to, activity definitions and attachments.

The statements that are here already get their terms, references and definitions.
"""

import json

import django.db.models.deletion
from django.db import migrations, models

from academy.xapi.definitions import definitions_in, merged
from academy.xapi.models import compact
from academy.xapi.partitions import CreateMonthlyPartitionedModel
from academy.xapi.references import MAX_CHAIN
from academy.xapi.schema import VOIDED
from academy.xapi.terms import mentions, passed_on, terms

CHUNK = 1000


def fill(apps, schema_editor):
    statement_model = apps.get_model("xapi", "Statement")
    last = 0
    while rows := list(statement_model.objects.filter(id__gt=last).order_by("id")[:CHUNK]):
        last = rows[-1].id
        _fill_rows(apps, rows)
    for reference in apps.get_model("xapi", "StatementReference").objects.iterator(CHUNK):
        _fill_reference(apps, reference)


def _fill_rows(apps, rows):
    term_model = apps.get_model("xapi", "StatementTerm")
    reference_model = apps.get_model("xapi", "StatementReference")
    activity_model = apps.get_model("xapi", "Activity")
    found, references, said = [], [], {}
    for row in rows:
        statement = json.loads(row.raw)
        for iri, definition in definitions_in(statement):
            said[compact(iri)] = merged(said.get(compact(iri), {}), definition)
        if not row.voided:
            found += [
                term_model(term=term, stored=row.stored, statement=row.id)
                for term in terms(mentions(statement, row.authority))
            ]
        if statement["object"].get("objectType") == "StatementRef":
            references.append(
                reference_model(
                    source=row.statement_id,
                    target=statement["object"]["id"],
                    stored=row.stored,
                    statement=row.id,
                    voids=row.verb == VOIDED,
                )
            )
    term_model.objects.bulk_create(found)
    reference_model.objects.bulk_create(references)
    for iri, definition in sorted(said.items()):
        activity, is_new = activity_model.objects.get_or_create(
            iri=iri, defaults={"definition": definition}
        )
        if not is_new:
            activity.definition = merged(activity.definition, definition)
            activity.save()


def _fill_reference(apps, reference):
    """The terms that a statement has from those it refers to, one after the other."""
    statement_model = apps.get_model("xapi", "Statement")
    key_model = apps.get_model("xapi", "StatementKey")
    reference_model = apps.get_model("xapi", "StatementReference")
    term_model = apps.get_model("xapi", "StatementTerm")
    found, target, seen = set(), reference.target, {reference.source}
    for _step in range(MAX_CHAIN):
        if target is None or target in seen:
            break
        seen.add(target)
        key, _is_new = key_model.objects.get_or_create(
            id=target, defaults={"stored": reference.stored}
        )
        row = statement_model.objects.filter(statement_id=target, stored=key.stored).first()
        if row is not None:
            found |= passed_on(mentions(json.loads(row.raw), row.authority))
        target = (
            reference_model.objects.filter(source=target).values_list("target", flat=True).first()
        )
    source = statement_model.objects.filter(id=reference.statement, stored=reference.stored)
    if source.filter(voided=False).exists():
        term_model.objects.bulk_create(
            [
                term_model(term=term, stored=reference.stored, statement=reference.statement)
                for term in terms(found)
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("xapi", "0001_initial"),
    ]

    operations = [
        CreateMonthlyPartitionedModel(
            name="StatementTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "term",
                        "stored",
                        "statement",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("term", models.BigIntegerField()),
                ("stored", models.DateTimeField()),
                ("statement", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "statement term",
                "verbose_name_plural": "statement terms",
            },
        ),
        migrations.CreateModel(
            name="StatementReference",
            fields=[
                ("source", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("target", models.UUIDField(db_index=True)),
                ("stored", models.DateTimeField()),
                ("statement", models.BigIntegerField()),
                ("voids", models.BooleanField()),
            ],
            options={
                "verbose_name": "statement reference",
                "verbose_name_plural": "statement references",
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("iri", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("definition", models.JSONField()),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("sha2", models.CharField(max_length=128, primary_key=True, serialize=False)),
                ("data", models.BinaryField()),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.CreateModel(
            name="StatementAttachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("statement_id", models.UUIDField()),
                (
                    "attachment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="xapi.attachment",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment of a statement",
                "verbose_name_plural": "attachments of statements",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("statement_id", "attachment"),
                        name="xapi_statement_attachment_once",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="statement",
            name="version",
            field=models.CharField(default="1.0.0", max_length=20, verbose_name="version"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        # found by their terms from now on
        migrations.RemoveIndex(model_name="statement", name="xapi_statement_activity"),
        migrations.RemoveIndex(model_name="statement", name="xapi_statement_registration"),
        migrations.RemoveIndex(model_name="statement", name="xapi_statement_verb"),
    ]
