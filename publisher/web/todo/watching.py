"""Things to do that come with time: recalls without their evidence, columns that grow old, reports that are due."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.office import BadConfiguration
from publisher.people.roles import Permission
from publisher.queue.issues.queries import alarms as issue_alarms
from publisher.queue.models import RecallLine
from publisher.queue.recalls.queries import is_late
from publisher.queue.states import IssueState, LineState
from publisher.reports.freshness.overview import Row, freshness
from publisher.reports.freshness.standard import Light
from publisher.reports.models import FinalReport
from publisher.reports.queries import forms_of
from publisher.reports.report import make_report
from publisher.web import words
from publisher.web.freshness import LOOKS
from publisher.web.issues.rows import alarm_word, name_of
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import ENOUGH, MOST, Entry, Source
from publisher.wording import sentence


def _by_hand(who: Person) -> QuerySet[RecallLine]:
    """What somebody must take down, or have corrected in print, and prove it."""
    office = who.around.office.slug
    states = (LineState.BY_HAND, LineState.NOTICE)
    return RecallLine.objects.filter(recall__office=office, recall__closed_at=None, state__in=states)


def recalls(who: Person) -> list[Entry]:
    found = _by_hand(who).select_related("recall__item").order_by("due_at", "pk")[:MOST]
    return [_recall(who, line) for line in found]


def _recall(who: Person, line: RecallLine) -> Entry:
    due = line.due_at.astimezone(who.around.office.timezone)
    notes = [
        words.channel_name(who.around.office, line.channel),
        line.recall.reason,
        _("Until {time}.").format(time=f"{due:%Y-%m-%d %H:%M}"),
    ]
    chip = Chip("bad" if is_late(line, who.around.now) else "person", str(LineState(line.state).label))
    return Entry(line.recall.item.title, _address("recall", line.recall_id), chip, notes, line.since)


def _address(name: str, number: int) -> str:
    try:
        return reverse(name, args=[number])
    except NoReverseMatch:
        return ""


def ageing(who: Person) -> list[Entry]:
    """Columns and accounts that are overdue, or soon will be."""
    try:
        found = freshness(who.around.office, now=who.around.now)
    except BadConfiguration as error:
        return [Entry(sentence(Text(error.text.template, **error.text.values)), reverse("freshness"))]
    pressing = [row for row in found.rows if row.light in (Light.RED, Light.WARN)]
    return [_ageing(row) for row in sorted(pressing, key=lambda row: (row.light != Light.RED, str(row.red_on)))]


def _ageing(row: Row) -> Entry:
    notes = [row.channel.name] if row.name != row.channel.name else []
    if row.red_on is not None:
        text = _("Overdue since {day}.") if row.light == Light.RED else _("Publish there before {day}.")
        notes.append(text.format(day=row.red_on.isoformat()))
    return Entry(row.name, reverse("freshness"), Chip(LOOKS[row.light], str(row.light.label)), notes)


def reports(who: Person) -> list[Entry]:
    """Reports of last year that nobody has declared final."""
    return list(_reports(who))


def _reports(who: Person) -> Iterator[Entry]:
    office, year = who.around.office, who.today.year - 1
    finals = set(FinalReport.objects.filter(office=office.slug, year=year).values_list("form", flat=True))
    for form in forms_of(office, year):
        if form.key not in finals:
            address = reverse("report", args=[year, form.key])
            yield Entry(
                make_report(office, year, form.key).title,
                address,
                Chip("calm", _("not final")),
                [_("Report of {year}").format(year=year)],
            )


def issues(who: Person) -> list[Entry]:
    """Issues of newspaper columns that are about to be missed, or of which nobody said what became of them."""
    around = who.around
    return [
        Entry(
            f"{words.channel_name(around.office, alarm.issue.channel)} {name_of(alarm.issue)}",
            reverse("issue", args=[alarm.issue.pk]),
            Chip("person", str(IssueState(alarm.issue.state).label)),
            [alarm_word(alarm.why)],
        )
        for alarm in issue_alarms(around.office, now=around.now)[:MOST]
    ]


WATCHED: tuple[Source, ...] = (
    Source(
        "issues",
        gettext_lazy("Issues of newspaper columns"),
        (Permission.DECIDE_DELIVERIES,),
        issues,
        more=lambda _who: reverse("issues"),
    ),
    Source(
        "recalls",
        gettext_lazy("To be taken down or corrected by hand"),
        (Permission.DECIDE_DELIVERIES,),
        recalls,
        count=lambda who: _by_hand(who)[:ENOUGH].count(),
    ),
    Source(
        "ageing",
        gettext_lazy("Columns and accounts to be kept fresh"),
        (Permission.SUBMIT, Permission.EDIT_ANY_DRAFT, Permission.DECIDE_DELIVERIES),
        ageing,
        more=lambda _who: reverse("freshness"),
    ),
    Source(
        "reports",
        gettext_lazy("Reports to fill in"),
        (Permission.FILL_REPORTS, Permission.FINISH_REPORTS),
        reports,
        more=lambda who: reverse("reports-of-year", args=[who.today.year - 1]),
    ),
)
