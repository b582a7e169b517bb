"""The form by which people ask: every field of an address, checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import ConfigurationError
from publisher.items.models import Disclosure, Item
from publisher.log import queries as log
from publisher.log.models import Archive
from publisher.office import Office
from publisher.reports.naming import CUT_NAMES
from publisher.reports.periods import Period
from publisher.reports.rules import DEFAULT, Rule, rule, rule_book
from publisher.reports.selection import CUTS, Selection
from publisher.web.statistics.naming import PARTS, UNIT_NAMES, part_name, period_of, value_name
from publisher.web.statistics.question import CELL, FILTERS, Question, end_of
from publisher.wording import sentence

FIRST_YEAR, LAST_YEAR = 2000, 2999
NUMBERS = frozenset(["year", "quarter", "month"])
"""Cuts whose values are numbers."""

BOXES = ("kind", "channel", "class", "column", "disclosure")
"""Filters of which several may be ticked."""

CUTS_SHOWN = ("column", "channel")
"""How the table is cut where nobody says so."""


class BadQuestion(Exception):
    """An address that asks for what there is not; ``form`` says at each field what is wrong."""

    def __init__(self, form: QuestionForm) -> None:
        self.form = form
        super().__init__(form.errors.as_text())


class QuestionForm(forms.Form):
    """Everything a person may ask for. What an address does not say has its usual value."""

    year = forms.TypedChoiceField(coerce=int, label=gettext_lazy("Year"))
    part = forms.ChoiceField(required=False, label=gettext_lazy("Part of the year"))
    first = forms.DateField(required=False, label=gettext_lazy("From"))
    last = forms.DateField(required=False, label=gettext_lazy("To"))
    rule = forms.ChoiceField(label=gettext_lazy("Counting rule"))
    unit = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(label=gettext_lazy("Lines of the table"))
    also = forms.ChoiceField(required=False, label=gettext_lazy("Columns of the table"))
    against = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label=gettext_lazy("Compared with"))
    other = forms.ChoiceField(required=False, label=gettext_lazy("Difference from the rule"))
    section = forms.CharField(required=False, max_length=100, label=gettext_lazy("Section"))
    person = forms.CharField(required=False, max_length=150, label=gettext_lazy("Person"))
    source = forms.CharField(required=False, max_length=200, label=gettext_lazy("Source"))
    as_of = forms.DateField(required=False, label=gettext_lazy("As it stood at the end of"))
    archive = forms.ChoiceField(required=False, label=gettext_lazy("Entries of"))

    def __init__(self, office: Office, data: QueryDict) -> None:
        self.office = office
        self._given = data
        self._today = timezone.now().astimezone(office.timezone).date()
        super().__init__(self._with_usual_values())
        for name in BOXES:
            boxes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
            boxes.label = str(CUT_NAMES[name])
            self.fields[name] = boxes
        for name, choices in self._choices().items():
            cast("forms.ChoiceField", self.fields[name]).choices = list(choices)
        for name in ("first", "last", "as_of"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        for name in ("section", "person"):
            self.fields[name].widget.attrs["list"] = f"known-{name}"

    def _with_usual_values(self) -> QueryDict:
        values = self._given.copy()
        usual = {"year": str(self._today.year), "rule": DEFAULT}
        if not values.get("by"):
            usual |= dict(zip(("by", "also"), CUTS_SHOWN, strict=True))
        for name, value in usual.items():
            if not values.get(name):
                values[name] = value
        return values

    def _choices(self) -> dict[str, Iterable[tuple[str, Any]]]:
        years = [(str(year), str(year)) for year in self._years()]
        cuts = [(name, str(word)) for name, word in CUT_NAMES.items() if name in CUTS]
        rules = list(_rules_by_unit())
        return {
            "year": years,
            "part": [(part, part_name(part)) for part in PARTS],
            "rule": rules,
            "unit": [("", ""), *((unit, str(word)) for unit, word in UNIT_NAMES.items())],
            "by": cuts,
            "also": [("", _("nothing else")), *cuts],
            "against": [("", _("no other year")), *years],
            "other": [("", _("no other rule")), *rules],
            "archive": [("", _("this office's log")), *self._archives()],
            **{name: offered.items() for name, offered in self._offered().items()},
            "disclosure": Disclosure.choices,
        }

    def _years(self) -> range:
        """From the first year in the log on, newest first."""
        first = self._book().order_by("year").values_list("year", flat=True).first() or self._today.year
        return range(self._today.year, min(first, self._today.year) - 1, -1)

    def _book(self) -> Any:
        return log.book(self.office.slug, self._given.get("archive", ""))

    def _archives(self) -> list[tuple[str, str]]:
        return [(one.name, one.name) for one in Archive.objects.filter(keeper=self.office.slug).order_by("name")]

    def _offered(self) -> dict[str, dict[str, str]]:
        """What is configured, and what an address asks for that has left the configuration and stands in the log."""
        configured = {
            "kind": {
                entry.kind: value_name(self.office, "kind", entry.kind) for entry in self.office.channels.values()
            },
            "channel": {key: entry.name for key, entry in self.office.channels.items()},
            "class": {column.column_class: column.column_class for column in self.office.columns.values()},
            "column": {key: column.name for key, column in self.office.columns.items()},
        }
        for name, offered in configured.items():
            for value in self._given.getlist(name):
                if value not in offered and self._book().filter(**{CUTS[name]: value}).exists():
                    offered[value] = value
        return configured

    @property
    def known(self) -> dict[str, list[str]]:
        """Sections and people to choose from."""
        pairs = list(Item.objects.filter(office=self.office.slug).values_list("section", "created_by").distinct())
        return {
            "section": sorted({section for section, _person in pairs if section}),
            "person": sorted({person for _section, person in pairs}),
        }

    @property
    def has_more(self) -> bool:
        """Whether something less usual is asked for, so that its fields should be seen."""
        return any(self._given.get(name) for name in (*FILTERS, "first", "last", "as_of", "archive", "other"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            values["cell"] = self._cell()
            values["period"] = self._period()
        if not self.errors:
            values |= self._compared(values["period"])
        return values

    def _compared(self, period: Period) -> dict[str, Any]:
        """The rule in force for the period, and what it is compared with."""
        values = self.cleaned_data
        found: dict[str, Any] = {"rule_now": self._rule("rule", values["rule"], period)}
        if values["other"]:
            found["rule_beside"] = self._rule("other", values["other"], period)
        if values["against"] and values["against"] != period.last.year:
            then = period.moved(values["against"] - period.last.year)
            found |= {"then": then, "rule_then": self._rule("against", values["rule"], then)}
        return found

    def _period(self) -> Period | None:
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        if first is None and last is None:
            return period_of(self.cleaned_data["year"], self.cleaned_data["part"])
        first = first or date(last.year, 1, 1)
        last = last or date(first.year, 12, 31)
        if first.year < FIRST_YEAR or last.year > LAST_YEAR:
            self.add_error("first", _("The log cannot hold such a year: correct the days."))
        elif last < first:
            self.add_error("last", _("The last day is before the first: exchange them."))
        else:
            return Period(first, last)
        return None

    def _rule(self, field: str, key: str, period: Period) -> Rule | None:
        try:
            return rule(key, on=period.last)
        except ConfigurationError as error:
            self.add_error(field, sentence(error.text))
            return None

    def _cell(self) -> tuple[tuple[str, str | int], ...]:
        given = {name.removeprefix(CELL): str(value) for name, value in self._given.items() if name.startswith(CELL)}
        try:
            return tuple((name, _cell_value(name, text)) for name, text in given.items())
        except (ValueError, OverflowError):
            self.add_error(None, _("The address names no cell of a table: go back and choose the number again."))
            return ()

    def question(self) -> Question:
        """Raises BadQuestion."""
        if not self.is_valid():
            raise BadQuestion(self)
        values = self.cleaned_data
        chosen: Rule = values["rule_now"]
        selection = Selection(
            values["period"],
            chosen.model_copy(update={"unit": values["unit"] or chosen.unit}),
            as_of=end_of(values["as_of"], self.office) if values["as_of"] else None,
            archive=values["archive"],
            cell=values["cell"],
            **{field: _as_tuple(values[name]) for name, field in FILTERS.items()},
        )
        cuts = dict.fromkeys(filter(None, (values["by"], values["also"])))
        then = replace(selection, period=values["then"], rule=values["rule_then"]) if "then" in values else None
        return Question(selection, by=tuple(cuts), against=then, other=values.get("rule_beside"))


def _cell_value(name: str, text: str) -> str | int:
    """The value of a cut as counts have it. Raises ValueError: no such cut, or no such value."""
    if name not in CUTS or "\0" in text:
        raise ValueError(name)
    if name in NUMBERS:
        return date(int(text), 1, 1).year if name == "year" else date(1, int(text), 1).month
    return date.fromisoformat(text).isoformat() if name == "day" else text


def _as_tuple(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else tuple(filter(None, [value]))


def _rules_by_unit() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The newest version of each rule, grouped by what it counts once."""
    newest = {known.key: known for known in rule_book().versions}
    for unit, word in UNIT_NAMES.items():
        group = [(key, str(known.name)) for key, known in newest.items() if known.unit == unit]
        if group:
            yield str(word), group
