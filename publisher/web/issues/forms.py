"""Forms about issues."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from channels.base import Medium
from publisher.queue.issues.telling import LONGEST_PAGE, Printed
from publisher.queue.models import Issue

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Any number of files."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        given = data if isinstance(data, list | tuple) else [data]
        return [file for one in given if (file := super(Files, self).clean(one, initial)) is not None]


class PrintedForm(forms.Form):
    """What somebody saw in the newspaper."""

    on = forms.DateField(
        label=_("Day it was printed"),
        widget=DAY,
        error_messages={"required": _("Give the day it was printed."), "invalid": _("Write a day such as 2026-11-27.")},
    )
    page = forms.CharField(
        label=_("Page"), required=False, max_length=LONGEST_PAGE, help_text=_("As the newspaper says it: A01, 头版.")
    )
    clippings = Files(
        label=_("Clipping"), required=False, help_text=_("PDF or photos of the page; kept unchanged as evidence.")
    )
    without = forms.MultipleChoiceField(
        label=_("Left out by the newspaper"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, items: Sequence[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": "printed-%s"})
        field = self.fields["without"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(number), title) for number, title in items]

    @property
    def told(self) -> Printed:
        data = self.cleaned_data
        clippings = [_medium(file) for file in data["clippings"]]
        return Printed(data["on"], data["page"], clippings, [int(number) for number in data["without"]])


class OpenForm(forms.Form):
    """An issue beside those of the schedule."""

    channel = forms.ChoiceField(label=_("Channel"))
    on = forms.DateField(label=_("Planned for"), widget=DAY)

    def __init__(self, *args: Any, channels: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": "open-%s"})
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(channels)


class ChangeForm(forms.Form):
    """Another day or page for an issue that collects."""

    on = forms.DateField(label=_("Planned for"), widget=DAY)
    page = forms.CharField(label=_("Page"), required=False, max_length=LONGEST_PAGE)
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": "change-%s"})


class FirstForm(forms.Form):
    """An item that is to stand in front of the others."""

    item = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, item: int = 0, **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": f"first-{item}-%s", "initial": {"item": item}})


class ReasonForm(forms.Form):
    """Why something is done; it goes into the log."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, error_messages={"required": _("Write why; it goes into the log.")}
    )

    def __init__(self, *args: Any, name: str, **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": f"{name}-%s"})


class PutForm(forms.Form):
    """Another issue for an item, which collects."""

    item = forms.IntegerField(widget=forms.HiddenInput)
    into = forms.ChoiceField(label=_("Into issue"))

    def __init__(self, *args: Any, issues: Sequence[Issue], item: int = 0, **more: Any) -> None:
        super().__init__(*args, **{**more, "auto_id": f"put-{item}-%s", "initial": {"item": item}})
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(issue.pk), f"{issue.label} ({issue.planned_on.isoformat()})") for issue in issues]


def _medium(file: UploadedFile[bytes]) -> Medium:
    name = (file.name or "file")[-255:]
    return Medium(name, mimetypes.guess_type(name)[0] or "application/octet-stream", file.read())
