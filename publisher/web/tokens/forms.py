"""The form for a new token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from publisher.people.models import Scope
from publisher.people.tokens import DEFAULT_SCOPES, MAX_DAYS, MAX_PER_MINUTE, Terms

DURATIONS = {30: _("30 days"), 90: _("90 days"), 365: _("1 year"), 730: _("2 years"), MAX_DAYS: _("3 years")}


class TokenForm(forms.Form):
    """What a new token is called, and what it may do for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("Which program it is for, such as 协同办公: the log names what it does so. No spaces."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        initial=[scope.value for scope in DEFAULT_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("A token that may do nothing is of no use: tick at least one.")},
    )
    days = forms.TypedChoiceField(label=_("It is good for"), choices=[*DURATIONS.items()], coerce=int, initial=365)
    per_minute = forms.IntegerField(
        label=_("Requests a minute, at most"), min_value=1, max_value=MAX_PER_MINUTE, initial=120
    )

    @property
    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(tuple(data["scopes"]), data["days"], data["per_minute"])
