"""What people entered and what was declared final. Both tables only grow; triggers in the database refuse the rest."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.db import models
from django.utils.translation import gettext_lazy as _


class EnteredKind(models.TextChoices):
    """How a value that no log knows came in."""

    ENTERED = "entered", _("entered")
    ANALYTICS = "analytics", _("from statistics")


class EnteredValue(models.Model):
    """One value of one figure of one report year, as somebody gave it. The newest counts, the others are history."""

    office = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField(help_text="the report year")
    key = models.CharField(max_length=100)
    value = models.TextField(blank=True, help_text="an exact decimal number, a day as 2018-01-24, or a text")
    unit = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=16, choices=EnteredKind.choices)
    note = models.TextField(blank=True)
    source = models.TextField(blank=True, help_text="the document it was taken from")
    at = models.DateTimeField(help_text="when, by the server's clock; the log entry has the same")
    by = models.CharField(max_length=150)
    seq = models.PositiveBigIntegerField(help_text="number of the log entry that says so")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "seq"], name="entered_value_once"),)
        indexes = (models.Index(fields=["office", "year", "key", "seq"], name="entered_newest"),)

    def __str__(self) -> str:
        return f"{self.office} {self.year} {self.key} = {self.value}"

    @property
    def number(self) -> Decimal | None:
        """The value as a number; None where it is none."""
        try:
            return Decimal(self.value)
        except InvalidOperation:
            return None


class FinalReport(models.Model):
    """A report as it was declared final: every figure with the log entries behind it, and the finished files.

    ``content`` is the text whose SHA-256 is ``digest``; it names the files by their digests, and their bytes lie in the
    asset store.
    """

    office = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField(help_text="the report year")
    form = models.CharField(max_length=32)
    version = models.PositiveIntegerField(help_text="1, 2, 3 … for each year and form")
    content = models.TextField()
    html = models.TextField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    seq = models.PositiveBigIntegerField(help_text="number of the log entry that says so")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "year", "form", "version"], name="final_report_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.year} {self.form} v{self.version}"


class SubmittedReport(models.Model):
    """That a final report became an item, which it does once; written together with the item."""

    office = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField(help_text="the report year")
    form = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    item = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["office", "year", "form", "version", "digest"], name="submitted_report_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.office} {self.year} {self.form} v{self.version}: {self.item}"


class VisitDay(models.Model):
    """How often a website was opened on one day, and by how many visitors, counted from its web server's logs.

    ``visitors_seen`` tells visitors of that day apart, and is no use for anything else: keyed digests or a sketch.
    """

    office = models.CharField(max_length=32)
    site = models.CharField(max_length=32, help_text="key of the channel")
    day = models.DateField(help_text="in the office's time zone")
    views = models.PositiveBigIntegerField()
    visitors = models.PositiveBigIntegerField()
    visitors_seen = models.BinaryField()
    is_exact = models.BooleanField(default=True, help_text="whether the visitors were counted and not estimated")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "site", "day"], name="visit_day_once"),)

    def __str__(self) -> str:
        return f"{self.site} {self.day}"


class VisitLog(models.Model):
    """A web server's log and how far it was counted.

    It is known again by its beginning (``head``, the first ``head_length`` bytes) and by what stands right before
    ``offset`` (``tail``), whatever its name and whether it was compressed meanwhile.
    """

    office = models.CharField(max_length=32)
    site = models.CharField(max_length=32)
    name = models.CharField(max_length=255)
    head = models.CharField(max_length=64)
    head_length = models.PositiveIntegerField()
    tail = models.CharField(max_length=64)
    offset = models.PositiveBigIntegerField()
    lines = models.PositiveBigIntegerField(default=0)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    at = models.DateTimeField(help_text="when it was counted last")
    by = models.CharField(max_length=150)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "site", "head", "head_length"], name="visit_log_once"),
        )

    def __str__(self) -> str:
        return f"{self.site} {self.name}"
