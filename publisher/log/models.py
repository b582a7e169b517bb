"""The tables of the book. Values are plain, without foreign keys: the book outlives items, channels and people."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """The columns of an entry, wherever it stands.

    ``canonical`` is the text that was hashed; the other columns repeat it for counting and searching, and the verifier
    checks that they agree.
    """

    office = models.CharField(max_length=32)
    seq = models.PositiveBigIntegerField(help_text="1, 2, 3 … without gaps in each office")
    channel_seq = models.PositiveBigIntegerField(null=True, help_text="1, 2, 3 … without gaps in each channel")
    at = models.DateTimeField(help_text="when it was written, by the server's clock")
    happened_on = models.DateField(null=True, help_text="the day it counts for, in the office's time zone")
    year = models.PositiveSmallIntegerField(help_text="calendar year of that day")
    month = models.PositiveSmallIntegerField(help_text="calendar month of that day")
    event = models.CharField(max_length=32, help_text="a value of Event")
    channel = models.CharField(max_length=32, blank=True)
    channel_kind = models.CharField(max_length=32, blank=True)
    column = models.CharField(max_length=32, blank=True)
    column_name = models.CharField(max_length=100, blank=True)
    column_class = models.CharField(max_length=100, blank=True)
    item = models.BigIntegerField(null=True, help_text="below zero: a backfilled one, no item of ours")
    revision = models.PositiveIntegerField(null=True)
    title = models.TextField(blank=True)
    section = models.CharField(max_length=100, blank=True)
    person = models.CharField(max_length=150, blank=True, help_text="who submitted the item")
    source = models.CharField(max_length=200, blank=True, help_text="where the item was taken from; empty: own")
    disclosure = models.CharField(max_length=16, blank=True)
    issue = models.CharField(max_length=32, blank=True, help_text="of a newspaper column, or of a mass send")
    delivery = models.PositiveBigIntegerField(null=True)
    action = models.CharField(max_length=16, blank=True)
    remote_id = models.TextField(blank=True)
    url = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    evidence = models.CharField(max_length=2, blank=True)
    actor = models.CharField(max_length=150)
    detail = models.JSONField(default=dict)
    canonical = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.office} {self.seq} {self.event}"


CUT_BY = (
    "event", "channel", "column", "month", "happened_on", "item",
    "channel_kind", "column_class", "section", "person", "disclosure", "evidence", "issue", "at",
)  # fmt: skip
"""What counts are cut and narrowed by, in the order of an index that keeps them from reading whole entries.

The year stands before them: SQLite would take an index that begins with the office, and holds so much, for questions
that name an office and no year, and read all its years.

Not the source, which few counts ask for: with it, an entry whose texts are all as long as they may be would be longer
than the 2,704 bytes PostgreSQL takes in an index.
"""


BY_ITEM = ("item", "event", "channel", "column", "month", "happened_on")
"""In the order of an index by which different items are told apart one after the other, and a few of them are found.

Without it SQLite would put every item of a year into a tree to count the different ones, and PostgreSQL would read the
whole year to find what went out several times.
"""


class LogEntry(Entry):
    """One fact that happened. Never changed, never deleted; triggers in the database refuse both."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "seq"], name="log_seq_once"),
            models.UniqueConstraint(fields=["office", "channel", "channel_seq"], name="log_channel_seq_once"),
        )
        indexes = (
            models.Index(fields=["year", "office", *CUT_BY], name="log_cuts"),
            models.Index(fields=["year", "office", *BY_ITEM], name="log_distinct"),
            models.Index(fields=["office", "year", "seq"], name="log_year"),
            models.Index(fields=["office", "item"], name="log_item"),
            # What was newest in each place, without reading the rest.
            models.Index(fields=["office", "channel", "column", "happened_on"], name="log_newest"),
        )
        verbose_name_plural = "log entries"


class Repetition(models.Model):
    """That the log has several entries of one event about one item in one channel: counts need not look for them.

    Written with the second of them; ``publisher.log.repetitions`` says what there should be.
    """

    office = models.CharField(max_length=32)
    event = models.CharField(max_length=32)
    channel = models.CharField(max_length=32, blank=True)
    item = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "event", "channel", "item"], name="repetition_once"),)

    def __str__(self) -> str:
        return f"{self.office} {self.event} {self.channel} {self.item}"


class LogHead(models.Model):
    """The last entry of each office: its lock makes the numbers gapless and the chain one chain."""

    office = models.CharField(max_length=32, unique=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.office} {self.seq}"


class Checkpoint(models.Model):
    """That the log had this head at that time; as unchangeable as the log, and chained by itself.

    ``made_at`` has whole seconds. ``digest`` is the SHA-256 of its text, ``before`` that of the checkpoint before it.
    """

    office = models.CharField(max_length=32)
    number = models.PositiveBigIntegerField(help_text="of the last entry")
    head = models.CharField(max_length=64, help_text="hash of the last entry")
    made_at = models.DateTimeField()
    before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "number"], name="checkpoint_number_once"),
            models.UniqueConstraint(fields=["office", "before"], name="checkpoint_one_chain"),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.number}"


class CheckpointMail(models.Model):
    """A checkpoint on its way to one address: when it is tried next, and why the last time failed."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="mails")
    address = models.CharField(max_length=254)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, help_text="what the server said")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["checkpoint", "address"], name="checkpoint_mail_once"),)
        indexes = (models.Index(fields=["due_at"], name="checkpoint_mail_due", condition=models.Q(sent_at=None)),)

    def __str__(self) -> str:
        return f"{self.checkpoint} {self.address}"


class Archive(models.Model):
    """An older log that was imported to be read and counted; as unchangeable as the log itself.

    ``keeper`` is the office that keeps it; ``office`` the one that wrote it, perhaps under a former name.
    """

    keeper = models.CharField(max_length=32)
    name = models.CharField(max_length=32)
    office = models.CharField(max_length=32)
    entries = models.PositiveBigIntegerField()
    first = models.PositiveBigIntegerField(help_text="number of its first entry")
    last = models.PositiveBigIntegerField(help_text="number of its last entry")
    after = models.CharField(max_length=64, help_text="hash of the entry before the first")
    head = models.CharField(max_length=64, help_text="hash of its last entry")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file it came from")
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=150)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["keeper", "name"], name="archive_name_once"),
            models.UniqueConstraint(fields=["keeper", "digest"], name="archive_file_once"),
        )

    def __str__(self) -> str:
        return f"{self.keeper} {self.name}"


class ArchivedEntry(Entry):
    """An entry of an imported log, with the number and the hash it had there."""

    keeper = models.CharField(max_length=32)
    archive = models.CharField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["keeper", "archive", "seq"], name="archived_seq_once"),)
        indexes = (
            models.Index(fields=["year", "keeper", "archive", *CUT_BY], name="archived_cuts"),
            models.Index(fields=["year", "keeper", "archive", *BY_ITEM], name="archived_distinct"),
            models.Index(fields=["keeper", "archive", "item"], name="archived_item"),
        )
        verbose_name_plural = "archived entries"


class Backfill(models.Model):
    """One run that takes in what was published before the program: how far it has come, so that it can go on there."""

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300, help_text="what is read: the channel itself, or a file and its digest")
    cursor = models.TextField(blank=True)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["office", "channel", "year", "source"],
                condition=models.Q(ended_at=None),
                name="backfill_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.channel} {self.year}"


class Backfilled(models.Model):
    """One way to recognise what was taken in, so that it is never taken in twice; long texts stand as their SHA-256.

    ``seq`` is its entry in the log, ``item`` the number of the information, which other channels may share.
    """

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    key = models.CharField(max_length=64, help_text="of its number or address, in print of issue, title and day")
    address = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=64, blank=True)
    happened_on = models.DateField()
    issue = models.CharField(max_length=32, blank=True)
    item = models.BigIntegerField()
    seq = models.PositiveBigIntegerField()
    is_declared = models.BooleanField(help_text="from a person's list, not read back")
    is_taken = models.BooleanField(default=False, help_text="a row that was read back stands for it by now")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "channel", "key"], name="backfilled_once"),)
        indexes = (
            models.Index(fields=["office", "title", "happened_on"], name="backfilled_title"),
            models.Index(fields=["office", "address"], name="backfilled_address"),
            models.Index(fields=["office", "item"], name="backfilled_item"),
        )
        verbose_name_plural = "backfilled"

    def __str__(self) -> str:
        return f"{self.office} {self.channel} {self.seq}"
