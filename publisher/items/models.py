"""Items and their frozen revisions. A revision is written once and never changed; its digest says so."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Disclosure(models.TextChoices):
    """Disclosure attribute (公开属性) of an item."""

    PROACTIVE = "proactive", _("proactive disclosure")
    ON_REQUEST = "on_request", _("disclosure on request")
    WITHHELD = "withheld", _("not disclosed")


class Origin(models.TextChoices):
    """Whether the office wrote an item itself (原创) or took it from somebody else (转载)."""

    OWN = "own", _("own work")
    REPOSTED = "reposted", _("reposted")


class ItemState(models.TextChoices):
    """How far an item has come before it goes to the queue."""

    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in approval")
    SENT_BACK = "sent_back", _("sent back")
    WITHDRAWN = "withdrawn", _("taken back from approval")
    REJECTED = "rejected", _("rejected")
    APPROVED = "approved", _("approved")


class Item(models.Model):
    """What staff submitted once; its text is in its revisions."""

    office = models.CharField(max_length=32)
    column = models.CharField(max_length=32)
    section = models.CharField(max_length=100, blank=True)
    title = models.TextField(blank=True, help_text="of its newest revision, for lists and for finding it")
    disclosure = models.CharField(max_length=16, choices=Disclosure.choices)
    in_force_until = models.DateField(null=True, help_text="by its newest revision, for finding what has expired")
    state = models.CharField(max_length=16, choices=ItemState.choices, default=ItemState.SUBMITTED)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        indexes = (
            models.Index(fields=["office", "-id"], name="item_newest"),
            models.Index(fields=["office", "state", "id"], name="item_by_state"),
            models.Index(fields=["office", "column", "-id"], name="item_newest_in_column"),
            models.Index(
                fields=["office", "in_force_until"],
                name="item_in_force_until",
                condition=models.Q(in_force_until__isnull=False),
            ),
        )
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
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.OWN)
    source_url = models.CharField(max_length=1000, blank=True, help_text="of the original, where the item is reposted")
    document_number = models.CharField(max_length=100, blank=True, help_text="of an official document")
    in_force_until = models.DateField(null=True, help_text="last day on which a policy document holds; empty: no end")
    interprets = models.CharField(max_length=500, blank=True, help_text="items it interprets, with commas between")
    disclosure_reason = models.TextField(blank=True, help_text="why it is not disclosed proactively")
    channels = models.JSONField(help_text="keys of the channels it goes to, in the office's order")
    publish_at = models.DateTimeField(null=True, help_text="not before this time; empty: at once")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item", "number"], name="revision_number_once"),
            models.CheckConstraint(
                name="revision_original_only_reposted",
                condition=models.Q(source_url="") | models.Q(origin=Origin.REPOSTED),
            ),
        )
        indexes = (
            models.Index(fields=["document_number"], name="revision_numbered", condition=~models.Q(document_number="")),
        )

    def __str__(self) -> str:
        return f"{self.item_id} r{self.number}"

    @property
    def key(self) -> str:
        """Names item and revision for ever, e.g. ``kzj-31-r1``."""
        return f"{self.item.office}-{self.item_id}-r{self.number}"

    @property
    def interpreted(self) -> list[int]:
        """Items whose documents it interprets."""
        return [int(item) for item in self.interprets.split(",") if item]


class RevisionAsset(models.Model):
    """A picture or attachment of a revision; the bytes lie in the store under their SHA-256."""

    class Role(models.TextChoices):
        PICTURE = "picture", _("picture")
        ATTACHMENT = "attachment", _("attachment")
        VARIANT = "variant", _("picture for a single channel")

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="assets")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=Role.choices)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    alt = models.TextField(blank=True)
    caption = models.TextField(blank=True, help_text="what stands under the picture, where anything does")

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["revision", "position"], name="asset_position_once"),)

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What a revision says differently on one channel, frozen with it; what is empty is the revision's own."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="variants")
    channel = models.CharField(max_length=32)
    title = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    html = models.TextField(blank=True)
    cover = models.CharField(max_length=64, blank=True, help_text="SHA-256 of one of the revision's pictures")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["revision", "channel"], name="variant_once_per_channel"),)

    def __str__(self) -> str:
        return f"{self.revision_id} {self.channel}"


class TextBand(models.Model):
    """One of the numbers by which items in nearly the same words are found."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bands")
    band = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["band", "-item"], name="text_band"),)

    def __str__(self) -> str:
        return f"{self.item_id} {self.band}"


class DraftState(models.TextChoices):
    """Where a draft is in its life. An open one and one given back are written in; the others are read only."""

    OPEN = "open", _("being written")
    GIVEN_BACK = "given_back", _("given back")
    SENT_UP = "sent_up", _("sent up")
    DISCARDED = "discarded", _("discarded")


WRITTEN_IN = (DraftState.OPEN, DraftState.GIVEN_BACK)


class Draft(models.Model):
    """What somebody is writing, before it is an item or the next revision of one. It may be wrong and incomplete.

    Texts have no greatest length here: what was typed is kept, and sending it up says what is too long. ``version``
    counts the changes of what stands in the form, so that nobody overwrites what they have not seen.
    """

    office = models.CharField(max_length=32)
    owner = models.CharField(max_length=150)
    state = models.CharField(max_length=16, choices=DraftState.choices, default=DraftState.OPEN)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, related_name="drafts", help_text="it revises, or has become"
    )
    begun_at_revision = models.PositiveIntegerField(default=0, help_text="of the item; 0: it was no item yet")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, null=True, help_text="it was sent up as")
    title = models.TextField(blank=True)
    html = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    column = models.CharField(max_length=32, blank=True)
    section = models.TextField(blank=True)
    author = models.TextField(blank=True)
    source = models.TextField(blank=True)
    origin = models.CharField(max_length=16, default="own")
    source_url = models.TextField(blank=True)
    document_number = models.TextField(blank=True)
    interprets = models.TextField(blank=True, help_text="documents it interprets, as they were typed")
    in_force_until = models.DateField(null=True, help_text="last day on which a policy document holds; empty: no end")
    disclosure = models.CharField(max_length=16, choices=Disclosure.choices, default=Disclosure.PROACTIVE)
    disclosure_reason = models.TextField(blank=True)
    channels = models.JSONField(default=list, help_text="keys of the channels it is meant for")
    publish_at = models.DateTimeField(null=True, help_text="not before this time; empty: at once")
    note = models.TextField(blank=True, help_text="a word to the reviewers, which is not published")
    variants = models.JSONField(default=dict, help_text="by channel: title, summary, html, cover")
    remarks = models.JSONField(default=list, help_text="what was left out of the file: [message template, values] each")
    reason = models.TextField(blank=True, help_text="why it was given back")
    version = models.PositiveIntegerField(default=1)
    window = models.CharField(max_length=40, blank=True, help_text="the open page the newest change came from")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        indexes = (
            models.Index(fields=["office", "state", "-changed_at"], name="draft_newest"),
            models.Index(fields=["office", "owner", "state", "-changed_at"], name="draft_newest_of_person"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state__in=WRITTEN_IN), name="draft_once_of_an_item"
            ),
        )

    def __str__(self) -> str:
        return f"{self.office} draft {self.pk}"

    @property
    def is_written_in(self) -> bool:
        return self.state in WRITTEN_IN


class DraftAsset(models.Model):
    """A picture or attachment of a draft; the bytes lie in the store under their SHA-256."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="assets")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=RevisionAsset.Role.choices)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    alt = models.TextField(blank=True)
    caption = models.TextField(blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["draft", "role", "sha256"], name="draft_asset_once"),)

    def __str__(self) -> str:
        return self.name


class DraftVersion(models.Model):
    """What a draft was at some time. Changes of ten minutes by one person stand in one row.

    ``is_aside``: it was never the draft: somebody wrote it while another person changed the draft, and it waits to be
    put together with it.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="of the draft; of one aside: the one it began with")
    content = models.JSONField()
    began_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    window = models.CharField(max_length=40, blank=True)
    is_kept = models.BooleanField(default=False, help_text="later changes get a row of their own")
    is_aside = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["draft", "-id"], name="draft_version_newest"),)

    def __str__(self) -> str:
        return f"{self.draft_id} v{self.number}"
