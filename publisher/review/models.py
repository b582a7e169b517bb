"""Releases and the signed products that belong to them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from publisher.items.models import Revision


class Release(models.Model):
    """A decision that a revision may go out. The queue collects it once and says so in ``collected_at``."""

    class Kind(models.TextChoices):
        DIRECT = "direct", _("released directly")

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="release")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    released_at = models.DateTimeField()
    released_by = models.CharField(max_length=150)
    collected_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["id"], name="release_to_collect", condition=models.Q(collected_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.revision_id} {self.kind}"


class ChannelProduct(models.Model):
    """What one channel will get, byte for byte, or why it gets nothing.

    ``canonical`` and the media in the store are the product; ``digest`` is what was signed. With an error among the
    ``problems`` nothing was signed and ``digest`` is empty.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="products")
    channel = models.CharField(max_length=32)
    canonical = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    wants_link = models.BooleanField(default=False)
    problems = models.JSONField(default=list, help_text="[severity, message template, values] each")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["release", "channel"], name="product_once_per_channel"),)

    def __str__(self) -> str:
        return f"{self.release_id} {self.channel}"

    @property
    def is_signed(self) -> bool:
        return bool(self.digest)


class Citation(models.Model):
    """A document an item that went out cites by number and title: one number has one title."""

    office = models.CharField(max_length=32)
    number = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    item = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "number", "title", "item"], name="citation_once_per_item"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class LiveScan(models.Model):
    """One look through everything that is out, with the lists that were in force.

    ``found``: for each item with findings ``{"item", "revision", "title", "findings"}``, personal data only masked.
    """

    office = models.CharField(max_length=32)
    lists = models.CharField(max_length=64, help_text="digest of the lists of words")
    made_at = models.DateTimeField()
    items = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    warnings = models.PositiveIntegerField()
    found = models.JSONField(default=list)

    class Meta:
        indexes = (models.Index(fields=["office", "-id"], name="live_scan_newest"),)

    def __str__(self) -> str:
        return f"{self.office} {self.made_at:%Y-%m-%d}"
