"""The log on screen: its entries, newest first, and each of them with the text that was hashed."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from publisher.items.models import Item
from publisher.log import archives, checkpoints, queries, verify
from publisher.log.chain import START
from publisher.log.events import Event
from publisher.log.models import Archive, Entry, LogHead
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.web import words
from publisher.web.access import allowed
from publisher.web.statistics.naming import value_name
from publisher.web.statistics.question import address
from publisher.web.statistics.rows import row_of
from publisher.wording import sentence

PAGE_LENGTH = 50
CHECKED = 200
"""So many of the newest entries are checked each time somebody looks."""

LAST = 2**63 - 1
"""No number in the log is larger."""


class SearchForm(forms.Form):
    """What the list is narrowed to."""

    event = forms.ChoiceField(required=False, label=gettext_lazy("Event"))
    channel = forms.ChoiceField(required=False, label=gettext_lazy("Channel"))
    item = forms.IntegerField(required=False, min_value=-LAST, max_value=LAST, label=gettext_lazy("Item"))
    archive = forms.ChoiceField(required=False, label=gettext_lazy("Entries of"))
    before = forms.IntegerField(required=False, min_value=1, max_value=LAST, widget=forms.HiddenInput)

    def __init__(self, office: Office, data: QueryDict) -> None:
        super().__init__(data)
        self.office = office
        self.kept = [archive.name for archive in archives.listed(office)]
        self._offer("event", [("", _("all events")), *((value, str(word)) for value, word in Event.choices)])
        self._offer("channel", [("", _("all channels")), *self._channels()])
        self._offer("archive", [("", _("this office's log")), *((name, name) for name in self.kept)])

    def _channels(self) -> list[tuple[str, str]]:
        """Those configured, and one that has left the configuration where it is asked for and stands in the log."""
        configured = [(key, entry.name) for key, entry in self.office.channels.items()]
        asked, archive = self.data.get("channel", ""), self.data.get("archive", "")
        has_left = asked and asked not in self.office.channels
        if has_left and queries.book(self.office.slug, archive).filter(channel=asked).exists():
            return [*configured, (asked, asked)]
        return configured

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    @property
    def filters(self) -> dict[str, Any]:
        """The restrictions, by column of the log."""
        values = {name: self.cleaned_data[name] for name in ("item", "channel", "event")}
        return {name: value for name, value in values.items() if value not in (None, "")}

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """How an address says it."""
        archive = self.cleaned_data["archive"]
        return [
            *((name, str(value)) for name, value in self.filters.items()),
            *([("archive", archive)] * bool(archive)),
        ]


@require_safe
@allowed(Permission.SEE_LOG)
def index(request: HttpRequest) -> HttpResponse:
    """The entries, newest first, and whether the newest are sound."""
    office = get_office()
    form = SearchForm(office, request.GET)
    if not form.is_valid():
        return render(request, "web/log/index.html", {"form": form}, status=400)
    archive = form.cleaned_data["archive"]
    found = _newest(office, form)
    shown, has_more = found[:PAGE_LENGTH], len(found) > PAGE_LENGTH
    values = {
        "form": form,
        "rows": [row_of(office, entry, archive) for entry in shown],
        "begin": address("log", form.parameters) if form.cleaned_data["before"] else "",
        "onward": address("log", [*form.parameters, ("before", str(shown[-1].seq))]) if has_more else "",
        "archive": archives.named(office, archive) if archive else None,
        **({} if archive else _state(office)),
    }
    return render(request, "web/log/index.html", values)


def _state(office: Office) -> dict[str, Any]:
    """How long the log is, whether its end is sound, and when it was last fixed outside of this machine."""
    return {
        "head": LogHead.objects.filter(office=office.slug).first(),
        "checked": CHECKED,
        "fault": _fault(verify.verify_end(office.slug, CHECKED)),
        "checkpoint": checkpoints.newest(office.slug),
    }


def _newest(office: Office, form: SearchForm) -> list[Entry]:
    """One more than a page has room for, where there are so many."""
    found = queries.book(office.slug, form.cleaned_data["archive"]).filter(**form.filters)
    if before := form.cleaned_data["before"]:
        found = found.filter(seq__lt=before)
    return list(found.order_by("-seq")[: PAGE_LENGTH + 1])


@require_safe
@allowed(Permission.SEE_LOG)
def entry(request: HttpRequest, seq: int) -> HttpResponse:
    """One entry: what it says, the text that was hashed, and whether both agree with the entry before it."""
    office = get_office()
    archive = _archive(office, request.GET.get("archive", ""))
    name = archive.name if archive else ""
    around = {found.seq: found for found in queries.book(office.slug, name).filter(seq__in=_around(seq))}
    found = around.get(seq)
    if found is None:
        raise Http404
    before = around.get(seq - 1)
    values = {
        "row": row_of(office, found, name),
        "facts": _facts(office, found),
        "detail": json.dumps(found.detail, ensure_ascii=False, indent=2) if found.detail else "",
        "fault": _fault(verify.verify_entry(found, after=before.hash if before else _beginning(archive, seq))),
        "before": row_of(office, before, name) if before else None,
        "after": row_of(office, around[seq + 1], name) if seq + 1 in around else None,
        "item": _item(office, found) if archive is None else None,
        "archive": archive,
    }
    return render(request, "web/log/entry.html", values)


def _archive(office: Office, name: str) -> Archive | None:
    """Raises Http404: there is no such archive."""
    archive = archives.named(office, name) if name else None
    if name and archive is None:
        raise Http404
    return archive


def _around(seq: int) -> list[int]:
    return [number for number in (seq - 1, seq, seq + 1) if number <= LAST]


def _beginning(archive: Archive | None, seq: int) -> str:
    """The hash an entry with none before it must follow; empty where one is missing."""
    first, after = (archive.first, archive.after) if archive else (1, START)
    return after if seq == first else ""


def _item(office: Office, found: Entry) -> Item | None:
    return Item.objects.filter(office=office.slug, pk=found.item).first() if found.item else None


def _fault(verdict: verify.Verdict) -> str:
    return sentence(verdict.fault) if verdict.fault else ""


def _facts(office: Office, found: Entry) -> list[tuple[str, str | int]]:
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
        (_("Way"), words.way_name(found.detail.get("mode", "") if found.detail else "")),
        (_("Evidence"), value_name(office, "evidence", found.evidence) if found.evidence else ""),
        (_("Digest of the product"), found.digest),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]
