"""Forms about people."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from publisher.people.actions import Place
from publisher.people.models import Membership
from publisher.people.roles import Role

LONGEST_SECTION = 100


class PersonForm(forms.Form):
    """What somebody is called, and what they are in the office."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        required=False,
        help_text=_("As it stands on approval sheets."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        error_messages={"required": _("Somebody without a role can do nothing: tick at least one.")},
    )
    sections = forms.CharField(
        label=_("Sections"),
        required=False,
        help_text=_("They submit for these; several are separated by 、 or a comma."),
    )

    def clean_sections(self) -> list[str]:
        parts = (part.strip() for part in re.split(r"[、,，;；\n]", self.cleaned_data["sections"]))
        named = list(dict.fromkeys(filter(None, parts)))
        if any(len(name) > LONGEST_SECTION for name in named):
            raise forms.ValidationError(_("A section's name has at most 100 characters: shorten it."))
        return named

    @property
    def place(self) -> Place:
        return Place(tuple(self.cleaned_data["roles"]), tuple(self.cleaned_data["sections"]))

    @property
    def chosen(self) -> list[str]:
        """The roles that are ticked, as they were typed or as they are."""
        if self.is_bound:
            found: list[str] = self.data.getlist("roles")  # type: ignore[attr-defined]  # of a request
            return found
        initial: list[str] = self.initial.get("roles", [])
        return initial


class NewPersonForm(PersonForm):
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("They sign in with it, and the log names them so: it cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("username", "name", "roles", "sections")


def initial_of(member: Membership) -> dict[str, Any]:
    return {"name": member.user.first_name, "roles": member.roles, "sections": "、".join(member.sections)}
