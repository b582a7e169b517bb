from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    revisions = apps.get_model("items", "Revision").objects
    newest = revisions.filter(item=OuterRef("pk")).order_by("-number").values("title")[:1]
    apps.get_model("items", "Item").objects.filter(revisions__isnull=False).update(title=Subquery(newest))


class Migration(migrations.Migration):
    dependencies = [("items", "0006_find_similar_texts")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="title",
            field=models.TextField(blank=True, help_text="of its newest revision, for lists and for finding it"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["office", "column", "-id"], name="item_newest_in_column"),
        ),
    ]
