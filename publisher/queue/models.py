"""Deliveries with their durable steps, the accounts they go through, taking back everywhere, and issues."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from publisher.items.models import Item, Revision
from publisher.queue.states import (
    MACHINE,
    OPEN,
    OPEN_ISSUES,
    OPEN_LINES,
    UNDONE,
    IssueState,
    LineState,
    Outcome,
    RecallKind,
    Sight,
    State,
)
from publisher.review.models import ChannelProduct


class Action(models.TextChoices):
    PUBLISH = "publish", _("publish")
    CORRECT = "correct", _("correct")
    RECALL = "recall", _("take back")
    NOTICE = "notice", _("correction notice")
    MARK = "mark", _("mark as withdrawn")


TAKING_BACK = (Action.RECALL, Action.MARK)
"""What a recall orders where something is out: it goes, or it stays with a mark."""


class Delivery(models.Model):
    """One action of one product on its way to one channel.

    Only the holder of the newest ``attempt`` may write (the fence), until ``lease_until``. ``due_at`` is when the
    program does something next; ``rung_at`` when a worker was last told. After ``valid_until`` it is no longer begun
    without a person's decision.
    """

    office = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="deliveries")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="deliveries")
    product = models.ForeignKey(ChannelProduct, on_delete=models.PROTECT, related_name="deliveries")
    about = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="sequels", help_text="what it corrects or takes back"
    )
    channel = models.CharField(max_length=32)
    channel_kind = models.CharField(max_length=32)
    action = models.CharField(max_length=16, choices=Action.choices)
    key = models.CharField(max_length=150, unique=True)
    waits_for = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followers")
    leader = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="companions",
        db_index=False,
        help_text="whose call carries it; itself where it carries others",
    )
    reason = models.TextField(blank=True, help_text="why a person ordered it")
    state = models.CharField(max_length=16, choices=State.choices)
    since = models.DateTimeField(help_text="when this state began")
    due_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    steps = models.JSONField(default=dict, help_text="what was begun and what came of it, by the step's name")
    slots = models.JSONField(null=True, help_text="begin of the reserved window of each quota, by the quota's name")
    attempt = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0, help_text="attempts that were put off")
    looks = models.PositiveIntegerField(default=0, help_text="questions asked in this state")
    accepted = models.JSONField(null=True, help_text="what the platform gave when it accepted")
    error = models.JSONField(null=True, help_text="message template, its values, the platform's code, error class")
    verdict = models.JSONField(null=True, help_text="the error the platform gave to a call that is now in doubt")
    remote_id = models.TextField(blank=True)
    url = models.TextField(blank=True)
    evidence = models.CharField(max_length=2, blank=True)
    published_at = models.DateTimeField(null=True)
    receipt = models.JSONField(null=True, help_text="the platform's answer, without secrets")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["item", "channel"], condition=Q(state__in=OPEN), name="delivery_one_open_per_channel"
            ),
            models.UniqueConstraint(
                fields=["item", "channel"], condition=Q(state=State.PLANNED), name="delivery_one_planned_per_channel"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="delivery_known_state"),
        )
        indexes = (
            models.Index(fields=["office", "channel", "due_at"], name="delivery_due", condition=Q(state__in=MACHINE)),
            models.Index(fields=["valid_until"], name="delivery_valid", condition=Q(state=State.WAITING)),
            models.Index(fields=["waits_for"], name="delivery_follows", condition=Q(state=State.WAITING)),
            models.Index(fields=["leader"], name="delivery_carried", condition=Q(leader__isnull=False)),
            models.Index(fields=["lease_until"], name="delivery_leased", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["office", "channel", "state"], name="delivery_account", condition=Q(state__in=OPEN)),
            models.Index(fields=["office", "state", "item"], name="delivery_undone", condition=Q(state__in=UNDONE)),
        )

    def __str__(self) -> str:
        return self.key


class Account(models.Model):
    """One channel of one office: the row to lock where deliveries must mind each other.

    ``not_before`` is what the platform itself asked for; ``last_at`` when something was last begun to be sent.
    """

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=150, blank=True)
    pause = models.JSONField(null=True, help_text="why it is paused: message template, its values, code, error class")
    not_before = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "channel"], name="account_once"),)

    def __str__(self) -> str:
        return f"{self.office} {self.channel}"


class Usage(models.Model):
    """How much of a quota is used or reserved in the window that begins at ``begins_at``."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="usages")
    quota = models.CharField(max_length=50)
    begins_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "quota", "begins_at"], name="usage_once"),)

    def __str__(self) -> str:
        return f"{self.account} {self.quota} {self.begins_at:%Y-%m-%d %H:%M}"


class Pulse(models.Model):
    """When a part of the program that must never stop last did its round."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"


class Common(models.Model):
    """What processes tell each other about the platforms, each text for a while; Django's cache reads and writes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "common"

    def __str__(self) -> str:
        return self.cache_key


class Notice(models.Model):
    """What a platform has told us by itself about something that was handed over to it; repetitions have one key."""

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    remote_id = models.CharField(max_length=200, help_text="the platform's number of what it is about")
    data = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "channel", "key"], name="notice_once"),)
        indexes = (models.Index(fields=["office", "channel", "remote_id"], name="notice_about"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.key}"


class Recall(models.Model):
    """An item taken back everywhere: asked for once, open until every channel has its evidence.

    ``asked_at`` is the first asking, ``closed_at`` the last evidence: between them lies the time to recall.
    """

    office = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="recalls")
    kind = models.CharField(max_length=16, choices=RecallKind.choices)
    reason = models.TextField()
    replaced_by = models.TextField(blank=True, help_text="address of what takes its place")
    note = models.TextField(blank=True, help_text="what readers are told of why, where the page says so")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="when the last channel must have its evidence")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["item"], condition=Q(closed_at=None), name="recall_one_open_per_item"),
            models.CheckConstraint(condition=Q(kind__in=RecallKind.values), name="recall_known_kind"),
        )
        indexes = (
            models.Index(fields=["office", "due_at"], name="recall_open", condition=Q(closed_at=None)),
            models.Index(fields=["office", "-asked_at"], name="recall_newest"),
            models.Index(fields=["office", "closed_at"], name="recall_closed", condition=Q(closed_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.pk}"


class RecallLine(models.Model):
    """One channel of a recall.

    ``delivery`` is what takes it back, or what it waits for; ``first`` the lowest number of a delivery that was made
    because of this recall or after it. ``seen_delivery`` and ``seen_moves`` say up to where its deliveries were
    followed: every move of one raises its attempt.
    """

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="lines")
    channel = models.CharField(max_length=32)
    channel_kind = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=16, choices=LineState.choices)
    since = models.DateTimeField(help_text="when this state began")
    due_at = models.DateTimeField()
    why = models.JSONField(null=True, help_text="message template and values: what is the matter there")
    first = models.PositiveBigIntegerField()
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.PROTECT, related_name="recall_lines")
    address = models.TextField(blank=True, help_text="where it was out when the recall was asked for")
    evidence = models.CharField(max_length=2, blank=True)
    notice = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="answers")
    issue = models.CharField(max_length=32, blank=True, help_text="of the newspaper, in which the notice stands")
    seen_delivery = models.PositiveBigIntegerField(default=0)
    seen_moves = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["recall", "channel"], name="recall_line_once"),
            models.CheckConstraint(condition=Q(state__in=LineState.values), name="recall_line_known_state"),
        )
        indexes = (models.Index(fields=["recall"], name="recall_line_open", condition=Q(state__in=OPEN_LINES)),)

    def __str__(self) -> str:
        return f"{self.recall_id} {self.channel}"


class RecallEvidence(models.Model):
    """What a person gave to show what was done on a channel; ``digest`` is over all of it, and stands in the log."""

    line = models.ForeignKey(RecallLine, on_delete=models.PROTECT, related_name="proofs")
    outcome = models.CharField(max_length=16, choices=LineState.choices)
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField()
    text = models.TextField(blank=True)
    address = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the file, by which the store has it")
    name = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "recall evidence"

    def __str__(self) -> str:
        return f"{self.line_id} {self.digest[:12]}"


class Issue(models.Model):
    """One issue (期) of a channel: what goes out together. ``number`` counts from 1 in the year it is planned for.

    ``planned_on`` is the day readers are to have it, ``closes_at`` when nothing more gets in. The room is what the
    channel said when the issue was made; 0: nobody counts. What was printed, and the clipping, is a person's word.
    """

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    channel_kind = models.CharField(max_length=32, blank=True)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    planned_on = models.DateField()
    closes_at = models.DateTimeField()
    page = models.CharField(max_length=20, blank=True)
    room_items = models.PositiveIntegerField(default=0)
    room_characters = models.PositiveIntegerField(default=0)
    room_pictures = models.PositiveIntegerField(default=0)
    is_planned = models.BooleanField(default=False, help_text="made by the schedule")
    state = models.CharField(max_length=16, choices=IssueState.choices)
    since = models.DateTimeField(help_text="when this state began")
    reason = models.TextField(blank=True, help_text="why a person changed it")
    printed_on = models.DateField(null=True)
    told_by = models.CharField(max_length=150, blank=True, help_text="who said what became of it")
    clippings = models.JSONField(default=list, help_text="files that show it: name, SHA-256, type, size")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "channel", "year", "number"], name="issue_number_once"),
            models.CheckConstraint(condition=Q(state__in=IssueState.values), name="issue_known_state"),
        )
        indexes = (
            models.Index(
                fields=["office", "channel", "closes_at"], name="issue_open", condition=Q(state__in=OPEN_ISSUES)
            ),
            models.Index(fields=["office", "year", "planned_on"], name="issue_year"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.label}"

    @property
    def label(self) -> str:
        """Year and number, as files and messages name it."""
        return f"{self.year}-{self.number:02d}"

    def named_in(self, year: int) -> str:
        """As the log calls it in a year: the number alone is that of an issue of the same year."""
        return str(self.number) if self.year == year else self.label


class IssueItem(models.Model):
    """An item in an issue, handed over by ``delivery``; ``part`` is 2, 3 … where the item goes on from an issue before.

    ``place`` is where somebody has put it, from 1; what nobody has put anywhere stands behind, as it came.
    Without an item it is a slot that is kept for the correction notice of a recall: ``answers`` says which.
    """

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="members")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="issues")
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.PROTECT, related_name="issues")
    answers = models.ForeignKey(RecallLine, null=True, on_delete=models.PROTECT, related_name="slots")
    part = models.PositiveSmallIntegerField(default=1)
    place = models.PositiveSmallIntegerField(null=True)
    characters = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    reason = models.TextField(blank=True, help_text="why the newspaper did not take it")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["issue", "item"], name="issue_item_once"),
            models.UniqueConstraint(fields=["delivery", "part"], name="issue_delivery_part_once"),
        )

    def __str__(self) -> str:
        return f"{self.issue_id} {self.item_id}"


class Sighted(models.Model):
    """An item that is out on a channel, and what the last look at it showed.

    ``delivery`` is the newest that put it there, or took it back; ``due_at`` when it is looked at again, None: never.
    ``problems`` are message templates with their values, ``error`` why the last look showed nothing.
    """

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="sightings")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="sightings")
    state = models.CharField(max_length=16, choices=Sight.choices, default=Sight.UNSEEN)
    since = models.DateTimeField(help_text="when this state began")
    looked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="looks in a row that showed nothing")
    is_well = models.BooleanField(default=True)
    problems = models.JSONField(default=list)
    error = models.JSONField(null=True)
    linked = models.PositiveBigIntegerField(default=0, help_text="of which delivery the links were taken up")

    class Meta:
        verbose_name_plural = "sighted"
        constraints = (
            models.UniqueConstraint(fields=["item", "channel"], name="sighted_once"),
            models.CheckConstraint(condition=Q(state__in=Sight.values), name="sighted_known_state"),
        )
        indexes = (
            models.Index(fields=["office", "channel", "due_at"], name="sighted_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["office", "since"], name="sighted_not_well", condition=Q(is_well=False)),
        )

    def __str__(self) -> str:
        return f"{self.item_id} {self.channel} {self.state}"


class LinkedPage(models.Model):
    """A page that something out there is, or links to. It is asked for once a day at most, however many link to it.

    ``trouble`` is what was wrong the last time, ``since`` from when on and ``failures`` how often in a row;
    ``is_bad``: so that people are told. ``answered_at``: when its server last said anything.
    """

    office = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the address")
    address = models.TextField()
    is_own = models.BooleanField(default=False, help_text="on a website of the office")
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.JSONField(null=True)
    is_bad = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "digest"], name="linked_page_once"),)
        indexes = (
            models.Index(fields=["office", "is_own", "due_at"], name="linked_page_due"),
            models.Index(fields=["office", "is_own", "asked_at"], name="linked_page_asked"),
            models.Index(fields=["office", "is_own", "answered_at"], name="linked_page_answered"),
            models.Index(fields=["office", "since"], name="linked_page_bad", condition=Q(is_bad=True)),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.address}"


class LinkUse(models.Model):
    """That something out there links to a page."""

    sighted = models.ForeignKey(Sighted, on_delete=models.CASCADE, related_name="links")
    page = models.ForeignKey(LinkedPage, on_delete=models.CASCADE, related_name="uses")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["sighted", "page"], name="link_use_once"),)

    def __str__(self) -> str:
        return f"{self.sighted_id} {self.page_id}"


class Metric(models.Model):
    """How often a publication was read, liked, passed on … up to a day, as its platform counted."""

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="metrics")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="metrics")
    day = models.DateField(help_text="in the office's time zone")
    name = models.CharField(max_length=32)
    value = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["delivery", "name", "day"], name="metric_once_a_day"),)
        indexes = (models.Index(fields=["office", "day", "channel"], name="metric_of_days"),)

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.name} {self.day}"
