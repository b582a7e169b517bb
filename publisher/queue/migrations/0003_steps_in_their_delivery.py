from collections import defaultdict

import django.db.models.deletion
from django.db import migrations, models

BATCH = 1000


def gather(apps, schema_editor):
    """Each delivery gets its steps."""
    found = defaultdict(dict)
    for step in apps.get_model("queue", "Step").objects.iterator(BATCH):
        found[step.delivery_id][step.name] = {
            "begun_at": step.begun_at.isoformat(),
            "is_irreversible": step.is_irreversible,
            "intended_at": step.intended_at and step.intended_at.isoformat(),
            "result": step.result,
        }
    delivery = apps.get_model("queue", "Delivery")
    made = (delivery(pk=number, steps=steps) for number, steps in found.items())
    delivery.objects.bulk_update(made, ["steps"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [
        ("queue", "0002_orders_and_accounts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="step",
            name="delivery",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="queue.delivery"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="steps",
            field=models.JSONField(default=dict, help_text="what was begun and what came of it, by the step's name"),
        ),
        migrations.RunPython(gather),
        migrations.DeleteModel(name="Step"),
    ]
