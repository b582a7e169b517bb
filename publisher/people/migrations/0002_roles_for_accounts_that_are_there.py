from django.conf import settings
from django.db import migrations

from publisher.office import get_office

ROLES = ["drafter", "publisher", "report_manager", "administrator"]


def give_roles(apps, schema_editor):
    """Until now whoever had an account might do all there was. Where several offices share the database nobody can
    know whose account it is: there an administrator says it with ``publisher user roles``.
    """
    users = list(apps.get_model("auth", "User").objects.order_by("pk"))
    if not users:
        return
    offices = set(apps.get_model("log", "LogHead").objects.values_list("office", flat=True))
    slug = get_office().slug
    if offices - {slug}:
        return
    membership = apps.get_model("people", "Membership")
    membership.objects.bulk_create(membership(user=user, office=slug, roles=ROLES) for user in users)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
        ("log", "0010_checkpoints"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
