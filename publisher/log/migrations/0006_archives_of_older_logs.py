"""Two tables for older logs that are imported, guarded like the log itself."""

from django.db import migrations, models

from publisher.log import guard


def install(apps, schema_editor):
    guard.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("log", "0005_days_people_sources_and_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keeper", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=32)),
                ("office", models.CharField(max_length=32)),
                ("entries", models.PositiveBigIntegerField()),
                ("first", models.PositiveBigIntegerField(help_text="number of its first entry")),
                ("last", models.PositiveBigIntegerField(help_text="number of its last entry")),
                ("after", models.CharField(help_text="hash of the entry before the first", max_length=64)),
                ("head", models.CharField(help_text="hash of its last entry", max_length=64)),
                ("digest", models.CharField(help_text="SHA-256 of the file it came from", max_length=64)),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=150)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("keeper", "name"), name="archive_name_once"),
                    models.UniqueConstraint(fields=("keeper", "digest"), name="archive_file_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivedEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("office", models.CharField(max_length=32)),
                ("seq", models.PositiveBigIntegerField(help_text="1, 2, 3 … without gaps in each office")),
                (
                    "channel_seq",
                    models.PositiveBigIntegerField(help_text="1, 2, 3 … without gaps in each channel", null=True),
                ),
                ("at", models.DateTimeField(help_text="when it was written, by the server's clock")),
                (
                    "happened_on",
                    models.DateField(help_text="the day it counts for, in the office's time zone", null=True),
                ),
                ("year", models.PositiveSmallIntegerField(help_text="calendar year of that day")),
                ("month", models.PositiveSmallIntegerField(help_text="calendar month of that day")),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("submitted", "submitted"),
                            ("released_directly", "released directly, without the approval steps"),
                            ("accepted", "accepted by the platform, proof outstanding"),
                            ("published", "published"),
                            ("handed_over", "handed over to the newspaper"),
                            ("corrected", "corrected"),
                            ("recall_ordered", "a person ordered it to be taken back"),
                            ("recalled", "taken back"),
                            ("doubted", "outcome unknown"),
                            ("absent", "looked for and proven not to be out"),
                            ("denied", "a person says it is not out"),
                            ("held", "waits for a person"),
                            ("resumed", "taken up again"),
                            ("refused", "refused"),
                            ("failed", "given up"),
                            ("cancelled", "cancelled"),
                            ("channel_paused", "channel paused"),
                            ("channel_resumed", "channel resumed"),
                            ("printed", "printed in the newspaper"),
                            ("not_accepted", "not accepted by the newspaper"),
                            ("backfilled", "backfilled"),
                            ("column_listed", "column there at the beginning"),
                            ("column_added", "column added"),
                            ("column_changed", "column changed"),
                            ("column_removed", "column removed"),
                            ("figure_entered", "figure entered"),
                            ("report_finished", "report declared final"),
                            ("archive_imported", "an older log imported read-only"),
                        ],
                        max_length=32,
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=32)),
                ("channel_kind", models.CharField(blank=True, max_length=32)),
                ("column", models.CharField(blank=True, max_length=32)),
                ("column_name", models.CharField(blank=True, max_length=100)),
                ("column_class", models.CharField(blank=True, max_length=100)),
                ("item", models.BigIntegerField(help_text="below zero: a backfilled one, no item of ours", null=True)),
                ("revision", models.PositiveIntegerField(null=True)),
                ("title", models.TextField(blank=True)),
                ("section", models.CharField(blank=True, max_length=100)),
                ("person", models.CharField(blank=True, help_text="who submitted the item", max_length=150)),
                (
                    "source",
                    models.CharField(blank=True, help_text="where the item was taken from; empty: own", max_length=200),
                ),
                ("disclosure", models.CharField(blank=True, max_length=16)),
                (
                    "issue",
                    models.CharField(blank=True, help_text="of a newspaper column, or of a mass send", max_length=32),
                ),
                ("delivery", models.PositiveBigIntegerField(null=True)),
                ("action", models.CharField(blank=True, max_length=16)),
                ("remote_id", models.TextField(blank=True)),
                ("url", models.TextField(blank=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("evidence", models.CharField(blank=True, max_length=2)),
                ("actor", models.CharField(max_length=150)),
                ("detail", models.JSONField(default=dict)),
                ("canonical", models.TextField()),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("keeper", models.CharField(max_length=32)),
                ("archive", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name_plural": "archived entries",
                "indexes": [
                    models.Index(
                        fields=["keeper", "archive", "year", "event", "channel", "column", "item"],
                        name="archived_count",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("keeper", "archive", "seq"), name="archived_seq_once")],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
