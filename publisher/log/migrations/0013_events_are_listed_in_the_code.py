from django.db import migrations, models


class Migration(migrations.Migration):
    """The vocabulary of events is the program's: a new word is no change of the tables."""

    dependencies = [
        ("log", "0012_find_archived_items_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name=name, name="event", field=models.CharField(help_text="a value of Event", max_length=32)
        )
        for name in ("archivedentry", "logentry")
    ]
