"""Tokens that are kept here, and how each channel's credentials stood day by day."""

from __future__ import annotations

from django.db import models


class Credential(models.Model):
    """A token that somebody got by signing in at a platform; readable with the program's key only."""

    office = models.CharField(max_length=32)
    name = models.CharField(max_length=64, help_text="by which a channel's settings ask for it")
    sealed = models.TextField(help_text="the token, encrypted and bound to office and name, in hexadecimal digits")
    account = models.CharField(max_length=150, blank=True, help_text="the platform's number of the account")
    ends_at = models.DateTimeField(null=True)
    signed_in_at = models.DateTimeField()
    signed_in_by = models.CharField(max_length=150)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "name"], name="credential_once"),)

    def __str__(self) -> str:
        return f"{self.office} {self.name}"


class Standing(models.Model):
    """What a platform said of a channel's credentials on one day, the last time it was asked; a row a day stays."""

    office = models.CharField(max_length=32)
    channel = models.CharField(max_length=32)
    day = models.DateField(help_text="where the office is")
    asked_at = models.DateTimeField()
    account = models.CharField(max_length=150, blank=True)
    ends_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True, help_text="why they are not accepted: template, its values, the code")
    metrics = models.JSONField(default=dict, help_text="followers … as the platform counted them")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "channel", "day"], name="standing_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.office} {self.channel} {self.day}"
