"""Who belongs to an office. The accounts themselves are Django's."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from publisher.people.roles import Role


class Membership(models.Model):
    """One person in one office. Somebody who left keeps the row, so that their name stays known."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    office = models.CharField(max_length=32)
    roles = models.JSONField(default=list, help_text="values of Role, in the order of that table")
    sections = models.JSONField(default=list, help_text="names of the sections they submit for")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "office"], name="membership_once"),)
        indexes = (models.Index(fields=["office", "is_active"], name="membership_office"),)

    def __str__(self) -> str:
        return f"{self.office} {self.user_id}"

    @property
    def role_names(self) -> list[str]:
        """In the reader's language."""
        return [str(Role(role).label) for role in self.roles if role in Role.values]
