"""Notices and who is told of each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """One thing people are told. It stands until it is settled; ``key`` says what it is about.

    ``permission`` is what somebody may do who can do something about it.
    """

    office = models.CharField(max_length=32)
    key = models.CharField(max_length=100)
    title = models.JSONField(help_text="message template and values")
    remedy = models.JSONField(null=True, help_text="what is to be done: message template and values")
    page = models.CharField(max_length=64, blank=True, help_text="name of the page where it is done")
    permission = models.CharField(max_length=32)
    is_urgent = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["office", "key"], condition=Q(settled_at=None), name="notice_open_once"),
        )
        indexes = (models.Index(fields=["office", "made_at"], name="notice_open", condition=Q(settled_at=None)),)

    def __str__(self) -> str:
        return f"{self.office} {self.key}"


class NoticeSending(models.Model):
    """One notice on its way to one address."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="sendings")
    address = models.CharField(max_length=254)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["notice", "address"], name="notice_sending_once"),)
        indexes = (models.Index(fields=["due_at"], name="notice_sending_due", condition=Q(sent_at=None)),)

    def __str__(self) -> str:
        return f"{self.notice_id} {self.address}"
