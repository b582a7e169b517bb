"""What was answered to requests that carry a key, so that their repetition changes nothing."""

from __future__ import annotations

from django.db import models

from publisher.items.models import Item
from publisher.people.models import Token


class KeyedRequest(models.Model):
    """A request under its Idempotency-Key.

    The row and the item are committed together. ``answer`` is empty until all that was asked for is done: whoever finds
    it so goes on from there.
    """

    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="requests")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="request_key_once"),)

    def __str__(self) -> str:
        return f"{self.token_id} {self.key}"
