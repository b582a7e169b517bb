from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

COUNTED_UP_TO = 20_000
"""Above that a day's visitors were estimated until now."""


def mark_estimates(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    days = apps.get_model("reports", "VisitDay").objects.filter(visitors__gt=COUNTED_UP_TO)
    days.update(is_exact=False)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="visitday",
            name="is_exact",
            field=models.BooleanField(default=True, help_text="whether the visitors were counted and not estimated"),
        ),
        migrations.RunPython(mark_estimates, migrations.RunPython.noop),
    ]
