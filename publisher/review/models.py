"""Releases and the signed products that belong to them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from publisher.items.models import Item, Revision
from publisher.roles import StepKind


class Release(models.Model):
    """A decision that a revision may go out. The queue collects it once and says so in ``collected_at``."""

    class Kind(models.TextChoices):
        DIRECT = "direct", _("released directly")
        APPROVED = "approved", _("released after approval")
        EMERGENCY = "emergency", _("released in an emergency")

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
    """One round through everything that is out, with the lists that were in force.

    ``cursor`` is the last item that was looked at, ``seq`` the last log entry, ``unsent`` the last delivery of those
    that wait to be sent.
    """

    office = models.CharField(max_length=32)
    lists = models.CharField(max_length=64, help_text="digest of the lists of words")
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cursor = models.PositiveBigIntegerField(default=0)
    seq = models.PositiveBigIntegerField(default=0)
    unsent = models.PositiveBigIntegerField(default=0)
    unsent_at = models.DateTimeField(null=True, help_text="when all that waits had been looked at")
    items = models.PositiveIntegerField(default=0, help_text="that were out")
    errors = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["office", "-id"], name="live_scan_newest"),)

    def __str__(self) -> str:
        return f"{self.office} {self.made_at:%Y-%m-%d}"


class LiveFindings(models.Model):
    """What the checks find in an item that is out; there is a row only where there are errors or warnings.

    ``found``: findings as they are logged, each with the number of its revision; personal data only masked.
    """

    office = models.CharField(max_length=32)
    item = models.PositiveBigIntegerField()
    title = models.TextField()
    lists = models.CharField(max_length=64, help_text="digest of the lists of words")
    looked_at = models.DateTimeField()
    errors = models.PositiveIntegerField()
    warnings = models.PositiveIntegerField()
    found = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "item"], name="live_findings_once_per_item"),)
        indexes = (models.Index(fields=["office", "-errors", "-item"], name="live_findings_worst"),)

    def __str__(self) -> str:
        return f"{self.office} {self.item}"


class Review(models.Model):
    """One revision on its way through the steps of the approval, as they were when it was sent up.

    ``digest`` stands for the revision and everything that goes out of it; each decision is bound to it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("in approval")
        APPROVED = "approved", _("approved")
        SENT_BACK = "sent_back", _("sent back")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("taken back from approval")
        SUPERSEDED = "superseded", _("a newer revision took its place")
        EMERGENCY = "emergency", _("released in an emergency")

    office = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reviews")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reviews")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    due_on = models.DateField(null=True, help_text="last day; empty where the holidays of that year were not known")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["office", "-id"], name="review_newest"),
            models.Index(fields=["office", "state", "id"], name="review_by_state"),
        )
        constraints = (
            models.UniqueConstraint(fields=["item"], name="review_open_once", condition=models.Q(state="open")),
        )

    def __str__(self) -> str:
        return f"{self.revision_id} {self.state}"


class ReviewStep(models.Model):
    """One step of a review, copied from the configuration when it was opened; ``places`` people must approve."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=StepKind.choices)
    roles = models.JSONField(default=list)
    people = models.JSONField(default=list, help_text="user names; empty: whoever has one of the roles")
    deputies = models.JSONField(default=dict, help_text="for each of the people, who stands in")
    places = models.PositiveSmallIntegerField(default=1)
    own_section = models.BooleanField(default=False)
    own_item = models.BooleanField(default=False)
    same_person = models.BooleanField(default=False)
    again_when = models.JSONField(default=list)
    working_days = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["review", "position"], name="review_step_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def needs_all(self) -> bool:
        return self.places > 1


class ReviewedProduct(models.Model):
    """What a channel will get if the review ends well, byte for byte; columns as in ``ChannelProduct``."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="products")
    channel = models.CharField(max_length=32)
    canonical = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    wants_link = models.BooleanField(default=False)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["review", "channel"], name="reviewed_once_per_channel"),)

    def __str__(self) -> str:
        return f"{self.review_id} {self.channel}"


class Decision(models.Model):
    """What one person decided at one step about what they were shown; never changed.

    ``STANDS`` repeats an approval of an earlier revision: nothing that step is about has changed since.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("agreed")
        STANDS = "stands", _("earlier approval stands")
        SEND_BACK = "send_back", _("sent back")
        REJECT = "reject", _("rejected")

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    step = models.ForeignKey(ReviewStep, on_delete=models.PROTECT, related_name="decisions")
    place = models.PositiveSmallIntegerField(null=True, help_text="which of the step's approvals; empty: none of them")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    person = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=150, blank=True)
    comment = models.TextField(blank=True)
    remarks = models.JSONField(default=list, help_text='{"place", "quote", "text"} each')
    despite = models.TextField(blank=True, help_text="why it may go on although the checks found errors")
    findings = models.JSONField(default=list, help_text="the errors that were passed over")
    digest = models.CharField(max_length=64)
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["step", "place"], name="decision_once_per_place"),
            models.UniqueConstraint(fields=["step", "person"], name="decision_once_per_person"),
            models.CheckConstraint(
                name="decision_place_of_approvals",
                condition=models.Q(verdict__in=["approve", "stands"], place__isnull=False)
                | models.Q(verdict__in=["send_back", "reject"], place__isnull=True),
            ),
            models.CheckConstraint(
                name="decision_stands_on_another",
                condition=models.Q(verdict="stands", repeats__isnull=False)
                | (~models.Q(verdict="stands") & models.Q(repeats__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.step_id} {self.person} {self.verdict}"

    @property
    def is_approval(self) -> bool:
        return self.place is not None


class Emergency(models.Model):
    """Why a revision went out before its approval, and until when somebody else must have confirmed that."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="emergency")
    office = models.CharField(max_length=32)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    confirm_by = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["office", "-id"], name="emergency_newest"),)

    def __str__(self) -> str:
        return f"{self.release_id}"


class EmergencyConfirmation(models.Model):
    """What a second person said of an emergency release afterwards."""

    emergency = models.OneToOneField(Emergency, on_delete=models.PROTECT, related_name="confirmation")
    agrees = models.BooleanField()
    comment = models.TextField(blank=True)
    person = models.CharField(max_length=150)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.emergency_id} {self.person}"
