"""Forms about recalls."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from channels.base import Medium
from publisher.queue.models import RecallLine
from publisher.queue.recalls.asking import Wish
from publisher.queue.recalls.evidence import LARGEST_FILE, Given, has_notice
from publisher.queue.recalls.notices import LONGEST_ISSUE, Notice
from publisher.queue.states import STAYING, LineState, RecallKind

WORDS = {
    LineState.DECLARED: _("It was removed there"),
    LineState.MARKED: _("It stays there, marked as withdrawn"),
    LineState.ANSWERED: _("The correction notice has been printed"),
    LineState.REPLACED: _("It was replaced or put right there"),
    LineState.ABSENT: _("It never went out there"),
    LineState.KEPT: _("It stays there, by decision"),
}


class AskForm(forms.Form):
    """What is to be taken back, and why."""

    kind = forms.ChoiceField(
        label=_("Why it is taken back"),
        choices=RecallKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why: the time there is hangs on it.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is wrong, in a sentence. It goes into the log and onto the record."),
        error_messages={"required": _("Taking back needs a reason: write one.")},
    )
    replaced_by = forms.URLField(
        label=_("Address of what takes its place"),
        required=False,
        assume_scheme="https",
        help_text=_("Only where something newer supersedes it, or it was repealed."),
    )
    note = forms.CharField(
        label=_("What readers are told"),
        max_length=300,
        required=False,
        help_text=_("Only where it is withdrawn by law: by which decision, since when. The website shows it."),
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one channel.")},
    )

    def __init__(self, *args: object, channels: Iterable[tuple[str, str]], **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # Django's own
        field = self.fields["channels"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = list(channels)

    @property
    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(data["reason"], data["kind"], data["channels"], data["replaced_by"], data["note"])


class EvidenceForm(forms.Form):
    """What a person did on one channel, and what shows it."""

    outcome = forms.ChoiceField(label=_("What became of it"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Who did what, and when"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    address = forms.URLField(label=_("Address where it can be seen"), required=False, assume_scheme="https")
    file = forms.FileField(
        label=_("Screenshot or answer"),
        required=False,
        help_text=_("Kept unchanged with its digest, at most 20 MB."),
    )

    def __init__(self, *args: object, line: RecallLine, **more: object) -> None:
        more |= {"auto_id": f"{line.channel}-%s"}
        super().__init__(*args, **more)  # type: ignore[arg-type]  # Django's own
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(state.value, WORDS[state]) for state in outcomes(line)]
        field.initial = field.choices[0][0]

    def clean_file(self) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 20 MB: make it smaller."))
        return file

    @property
    def given(self) -> Given:
        data = self.cleaned_data
        file: UploadedFile[bytes] | None = data["file"]
        medium = None
        if file is not None:
            name = (file.name or "file")[-255:]
            medium = Medium(name, mimetypes.guess_type(name)[0] or "application/octet-stream", file.read())
        return Given(LineState(data["outcome"]), data["text"], data["address"], medium)


class NoticeForm(forms.Form):
    """A correction notice for the newspaper."""

    title = forms.CharField(label=_("Title"), max_length=100)
    text = forms.CharField(
        label=_("Text of the notice"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Put the right words in where the proposal leaves their place."),
    )
    issue = forms.CharField(
        label=_("Issue it goes into"),
        max_length=LONGEST_ISSUE,
        required=False,
        help_text=_("The number of the issue, as the newspaper gave it."),
    )

    def __init__(self, *args: object, line: RecallLine, **more: object) -> None:
        more |= {"auto_id": f"notice-{line.channel}-%s"}
        super().__init__(*args, **more)  # type: ignore[arg-type]  # Django's own

    @property
    def notice(self) -> Notice:
        data = self.cleaned_data
        return Notice(data["title"], data["text"], data["issue"])


def outcomes(line: RecallLine) -> list[LineState]:
    """What may have become of it on this channel, the likeliest first."""
    if line.state != LineState.NOTICE:
        marked = [LineState.MARKED] if line.recall.kind in STAYING else []
        return [LineState.DECLARED, *marked, LineState.REPLACED, LineState.ABSENT, LineState.KEPT]
    printed = [LineState.ANSWERED] if has_notice(line) else []
    return [*printed, LineState.DECLARED, LineState.KEPT]
