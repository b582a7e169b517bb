"""Let entries say the day they count for, who submitted the item, where it was taken from, and its number in the channel.

SQLite makes the table anew for this, without its triggers, so they are put back at the end.
"""

from django.db import migrations, models

from publisher.log import guard


def install(apps, schema_editor):
    guard.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("log", "0004_count_items_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="logentry",
            name="channel_seq",
            field=models.PositiveBigIntegerField(help_text="1, 2, 3 … without gaps in each channel", null=True),
        ),
        migrations.AddField(
            model_name="logentry",
            name="disclosure",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="logentry",
            name="happened_on",
            field=models.DateField(help_text="the day it counts for, in the office's time zone", null=True),
        ),
        migrations.AddField(
            model_name="logentry",
            name="issue",
            field=models.CharField(blank=True, help_text="of a newspaper column, or of a mass send", max_length=32),
        ),
        migrations.AddField(
            model_name="logentry",
            name="person",
            field=models.CharField(blank=True, help_text="who submitted the item", max_length=150),
        ),
        migrations.AddField(
            model_name="logentry",
            name="source",
            field=models.CharField(blank=True, help_text="where the item was taken from; empty: own", max_length=200),
        ),
        migrations.AlterField(
            model_name="logentry",
            name="event",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="logentry",
            name="item",
            field=models.BigIntegerField(help_text="below zero: a backfilled one, no item of ours", null=True),
        ),
        migrations.AlterField(
            model_name="logentry",
            name="month",
            field=models.PositiveSmallIntegerField(help_text="calendar month of that day"),
        ),
        migrations.AlterField(
            model_name="logentry",
            name="year",
            field=models.PositiveSmallIntegerField(help_text="calendar year of that day"),
        ),
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.UniqueConstraint(
                fields=("office", "channel", "channel_seq"), name="log_channel_seq_once"
            ),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
