from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("queue", "0004_recalls")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("refused", "failed", "cancelled"))),
                fields=["office", "state", "item"],
                name="delivery_undone",
            ),
        ),
    ]
