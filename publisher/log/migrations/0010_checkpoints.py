"""A table for checkpoints of the log, guarded like the log itself, and one for their mails."""

import django.db.models.deletion
from django.db import migrations, models

from publisher.log import guard


def install(apps, schema_editor):
    guard.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("log", "0009_runs_that_take_in_what_was_before"),
    ]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("office", models.CharField(max_length=32)),
                ("number", models.PositiveBigIntegerField(help_text="of the last entry")),
                ("head", models.CharField(help_text="hash of the last entry", max_length=64)),
                ("made_at", models.DateTimeField()),
                ("before", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("office", "number"), name="checkpoint_number_once"),
                    models.UniqueConstraint(fields=("office", "before"), name="checkpoint_one_chain"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckpointMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=254)),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, help_text="what the server said")),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mails", to="log.checkpoint"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("sent_at", None)), fields=["due_at"], name="checkpoint_mail_due")
                ],
                "constraints": [models.UniqueConstraint(fields=("checkpoint", "address"), name="checkpoint_mail_once")],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
