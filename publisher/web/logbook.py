"""The log on screen: its entries, newest first, and each of them with the text that was hashed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from publisher.items.models import Item
from publisher.log import queries, verify
from publisher.log.events import Event
from publisher.log.models import LogEntry, LogHead
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.web import downloads, words
from publisher.web.access import allowed
from publisher.web.downloads import Sheet
from publisher.web.statistics.naming import value_name
from publisher.web.statistics.question import address
from publisher.web.statistics.rows import headings, row_of, saved
from publisher.wording import sentence

PAGE_LENGTH = 50
CHECKED = 200
"""So many of the newest entries are checked each time somebody looks."""

LAST = 2**63 - 1
"""No number in the log is larger."""


class SearchForm(forms.Form):
    """What the list is narrowed to."""

    item = forms.IntegerField(required=False, min_value=-LAST, max_value=LAST, label=gettext_lazy("Item"))
    channel = forms.ChoiceField(required=False, label=gettext_lazy("Channel"))
    event = forms.ChoiceField(required=False, label=gettext_lazy("Event"))
    before = forms.IntegerField(required=False, min_value=1, max_value=LAST, widget=forms.HiddenInput)

    def __init__(self, office: Office, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        channels = [(key, entry.name) for key, entry in office.channels.items()]
        asked = data.get("channel") or ""
        has_left = asked and asked not in office.channels
        if has_left and LogEntry.objects.filter(office=office.slug, channel=asked).exists():
            channels.append((asked, asked))
        self._offer("channel", [("", _("all channels")), *channels])
        self._offer("event", [("", _("all events")), *((value, str(word)) for value, word in Event.choices)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    @property
    def filters(self) -> dict[str, Any]:
        """The restrictions, by column of the log."""
        values = {name: self.cleaned_data[name] for name in ("item", "channel", "event")}
        return {name: value for name, value in values.items() if value not in (None, "")}


@require_safe
@allowed(Permission.SEE_LOG)
def index(request: HttpRequest) -> HttpResponse:
    """The entries, newest first, and whether the newest are sound."""
    office = get_office()
    form = SearchForm(office, request.GET)
    if not form.is_valid():
        return render(request, "web/log/index.html", {"form": form}, status=400)
    found = _newest(office, form)
    shown, has_more = found[:PAGE_LENGTH], len(found) > PAGE_LENGTH
    asked = [(name, str(value)) for name, value in form.filters.items()]
    values = {
        "form": form,
        "rows": [row_of(office, entry) for entry in shown],
        "begin": address("log", asked) if form.cleaned_data["before"] else "",
        "onward": address("log", [*asked, ("before", str(shown[-1].seq))]) if has_more else "",
        "head": LogHead.objects.filter(office=office.slug).first(),
        "checked": CHECKED,
        "fault": _fault(verify.verify_end(office.slug, CHECKED)),
    }
    return render(request, "web/log/index.html", values)


def _newest(office: Office, form: SearchForm) -> list[LogEntry]:
    """One more than a page has room for, where there are so many."""
    found = LogEntry.objects.filter(office=office.slug, **form.filters)
    if before := form.cleaned_data["before"]:
        found = found.filter(seq__lt=before)
    return list(found.order_by("-seq")[: PAGE_LENGTH + 1])


@require_safe
@allowed(Permission.SEE_LOG)
def entry(request: HttpRequest, seq: int) -> HttpResponse:
    """One entry: what it says, the text that was hashed, and whether both agree with the entry before it."""
    office = get_office()
    around = {found.seq: found for found in LogEntry.objects.filter(office=office.slug, seq__in=_around(seq))}
    found = around.get(seq)
    if found is None:
        raise Http404
    before = around.get(seq - 1)
    values = {
        "row": row_of(office, found),
        "facts": _facts(office, found),
        "detail": json.dumps(found.detail, ensure_ascii=False, indent=2) if found.detail else "",
        "fault": _fault(verify.verify_entry(found, before)),
        "before": seq - 1 if before else None,
        "after": seq + 1 if seq + 1 in around else None,
        "item": Item.objects.filter(office=office.slug, pk=found.item).first() if found.item else None,
    }
    return render(request, "web/log/entry.html", values)


def _fault(verdict: verify.Verdict) -> str:
    return sentence(verdict.fault) if verdict.fault else ""


def _around(seq: int) -> list[int]:
    return [number for number in (seq - 1, seq, seq + 1) if number <= LAST]


def _facts(office: Office, found: LogEntry) -> list[tuple[str, str | int]]:
    """What the entry says, as far as it says something, in the order people read it."""
    facts: list[tuple[str, str | int | None]] = [
        (_("Written at"), found.at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S")),
        (_("Counts for"), found.happened_on.isoformat() if found.happened_on else ""),
        (_("Event"), value_name(office, "event", found.event)),
        (_("By"), words.actor_name(found.actor)),
        (_("Channel"), words.channel_name(office, found.channel)),
        (_("Number in the channel"), found.channel_seq),
        (_("Column"), found.column_name or words.column_name(office, found.column)),
        (_("Column class"), found.column_class),
        (_("Item"), found.item),
        (_("Revision"), found.revision),
        (_("Title"), found.title),
        (_("Section"), found.section),
        (_("Person"), words.actor_name(found.person)),
        (_("Source"), found.source),
        (_("Disclosure"), value_name(office, "disclosure", found.disclosure) if found.disclosure else ""),
        (_("Issue"), found.issue),
        (_("Delivery"), found.delivery),
        (_("Number on the platform"), found.remote_id),
        (_("Address"), found.url),
        (_("Evidence"), value_name(office, "evidence", found.evidence) if found.evidence else ""),
        (_("Digest of the product"), found.digest),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]


@require_safe
@allowed(Permission.SEE_LOG)
def export(_request: HttpRequest, form: str) -> HttpResponseBase:
    """All entries for saving. Raises Http404: no such form."""
    office = get_office()
    name = _("Log {office}").format(office=office.slug)
    entries = queries.export(office.slug)
    if form == "jsonl":
        return downloads.as_json_lines(name, (queries.as_json(found) for found in entries))
    if form == "csv":
        return downloads.as_csv(Sheet(name, headings(), saved(office, entries)))
    raise Http404
