"""Items and their frozen revisions. A revision is written once and never changed; its digest says so."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Disclosure(models.TextChoices):
    """Disclosure attribute (公开属性) of an item."""

    PROACTIVE = "proactive", _("proactive disclosure")
    ON_REQUEST = "on_request", _("disclosure on request")
    WITHHELD = "withheld", _("not disclosed")


class ItemState(models.TextChoices):
    """How far an item has come before it goes to the queue."""

    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")


class Item(models.Model):
    """What staff submitted once; its text is in its revisions."""

    office = models.CharField(max_length=32)
    column = models.CharField(max_length=32)
    section = models.CharField(max_length=100, blank=True)
    disclosure = models.CharField(max_length=16, choices=Disclosure.choices)
    state = models.CharField(max_length=16, choices=ItemState.choices, default=ItemState.SUBMITTED)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        indexes = (models.Index(fields=["office", "-id"], name="item_newest"),)
        constraints = (
            models.CheckConstraint(
                name="item_approved_only_proactive",
                condition=~models.Q(state=ItemState.APPROVED) | models.Q(disclosure=Disclosure.PROACTIVE),
            ),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.pk}"


class Revision(models.Model):
    """Frozen text of an item with the channels it is meant for. ``number`` counts from 1 within the item."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.TextField()
    html = models.TextField()
    summary = models.TextField(blank=True)
    author = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)
    channels = models.JSONField(help_text="keys of the channels it goes to, in the office's order")
    publish_at = models.DateTimeField(null=True, help_text="not before this time; empty: at once")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["item", "number"], name="revision_number_once"),)

    def __str__(self) -> str:
        return f"{self.item_id} r{self.number}"

    @property
    def key(self) -> str:
        """Names item and revision for ever, e.g. ``kzj-31-r1``."""
        return f"{self.item.office}-{self.item_id}-r{self.number}"


class RevisionAsset(models.Model):
    """A picture or attachment of a revision; the bytes lie in the store under their SHA-256."""

    class Role(models.TextChoices):
        PICTURE = "picture", _("picture")
        ATTACHMENT = "attachment", _("attachment")

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="assets")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=Role.choices)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    alt = models.TextField(blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["revision", "position"], name="asset_position_once"),)

    def __str__(self) -> str:
        return self.name
