"""What somebody gives with a decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files import File
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from publisher.items.actions import asset_store
from publisher.queue.deeds import Deed
from publisher.web.decisions.doing import Said

LARGEST_MB = 20

WITH_EVIDENCE = (Deed.CONFIRM, Deed.DENY)
WITH_REASON = (*WITH_EVIDENCE, Deed.HOLD)
"""A reason must be given; where one gives something up, it may."""


class DecisionForm(forms.Form):
    """Fields as the deed needs them."""

    url = forms.CharField(label=_("Address where it can be seen"), max_length=2000, required=False)
    file = forms.FileField(label=_("File that shows it, e.g. a picture of the screen"), required=False)
    reason = forms.CharField(
        label=_("Reason; it goes into the log"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, deed: Deed, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")
        if deed is Deed.RETRY:
            del self.fields["reason"]
        if deed is not Deed.CONFIRM:
            del self.fields["url"]
        if deed not in WITH_EVIDENCE:
            del self.fields["file"]
        if deed in WITH_EVIDENCE:
            self.fields["reason"].label = _("What you saw, and where; it goes into the log")
        if deed in WITH_REASON:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _("Say why: others read it in the log.")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url and not re.fullmatch(r"https?://[^\s/]+\S*", url):
            raise forms.ValidationError(gettext("Write a whole address, beginning with https:// or http://."))
        return url

    def clean_file(self) -> File[bytes] | None:
        file: File[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST_MB * 1024 * 1024:
            text = gettext("The file is larger than {number} MB: give a smaller one.")
            raise forms.ValidationError(text.format(number=LARGEST_MB))
        return file

    @property
    def said(self) -> Said:
        """What was given; a file is kept in the store, and the log names it."""
        data = self.cleaned_data
        return Said(reason=data.get("reason", ""), url=data.get("url", ""), file=_kept(data.get("file")))


def _kept(file: File[bytes] | None) -> Mapping[str, str] | None:
    if file is None:
        return None
    return {"name": (file.name or "file")[-200:], "sha256": asset_store().put(file.read())}
