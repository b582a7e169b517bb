"""What went out and what is planned on each day and channel; a constant number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from publisher.log import queries as log
from publisher.log.events import Event
from publisher.log.models import Entry
from publisher.office import Office
from publisher.queue.literal import one_of
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.reports.periods import Period
from publisher.review.models import Review
from publisher.web import words
from publisher.web.rows import Chip, Scene

OUT = (
    *(Event.PUBLISHED, Event.HANDED_OVER, Event.PRINTED, Event.CORRECTED, Event.RECALLED, Event.MARKED_WITHDRAWN),
    Event.NOTICE_HANDED_OVER,
)
"""What readers can see of our work, and when."""

MOST = 200
"""Lines of each sort that are listed for a week or a day; a link leads to the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on one day. ``at`` is empty where only the day is known."""

    at: datetime | None
    title: str
    item: int | None
    channel: str
    chip: Chip


@dataclass(slots=True)
class DayCounts:
    """How much there is on one day: by the channel's name, what went out, and what is planned."""

    out: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    planned: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        names = dict.fromkeys([*self.out, *self.planned])
        return [(name, self.out.get(name, 0), self.planned.get(name, 0)) for name in names]


def counts(around: Scene, period: Period, channel: str) -> dict[date, DayCounts]:
    """How much there is on each day of a period."""
    office = around.office
    found: dict[date, DayCounts] = defaultdict(DayCounts)
    went = _went_out(office, period, channel).order_by().values_list("happened_on", "channel")
    for day, key, number in went.annotate(Count("pk")):
        found[day].out[words.channel_name(office, key)] += number
    days = _planned(around, period, channel).annotate(day=TruncDate("due_at", tzinfo=office.timezone))
    for day, key, number in days.order_by().values_list("day", "channel").annotate(Count("pk")):
        found[max(day, _today(around))].planned[words.channel_name(office, key)] += number
    for review, key in _in_approval(office, period, channel):
        found[_local(office, review)].planned[words.channel_name(office, key)] += 1
    return {day: _in_order(office, day_counts) for day, day_counts in found.items()}


def lines(around: Scene, period: Period, channel: str) -> dict[date, list[Line]]:
    """The things themselves, those of each day in the order of time."""
    office = around.office
    found: dict[date, list[Line]] = defaultdict(list)
    entries = _went_out(office, period, channel).defer("canonical", "detail").order_by("happened_on", "seq")
    for entry in entries[:MOST]:
        if entry.happened_on is not None:
            found[entry.happened_on].append(_of_entry(office, entry))
    planned = _planned(around, period, channel).select_related("revision").defer("receipt", "revision__html")
    for delivery in planned.order_by("due_at", "pk")[:MOST]:
        day = max(delivery.due_at.astimezone(office.timezone).date(), _today(around))
        found[day].append(_of_delivery(office, delivery))
    for review, key in _in_approval(office, period, channel):
        found[_local(office, review)].append(_of_review(office, review, key))
    return found


def _went_out(office: Office, period: Period, channel: str) -> QuerySet[Entry]:
    """Entries of the log, found by year and month, which its index holds."""
    touched = Q()
    for year, months in period.months.items():
        touched |= Q(year=year, month__in=list(months))
    events = [event.value for event in OUT]
    found = log.book(office.slug).filter(touched, event__in=events, happened_on__range=(period.first, period.last))
    return found.filter(channel=channel) if channel else found


def _planned(around: Scene, period: Period, channel: str) -> QuerySet[Delivery]:
    """What waits for its time; what is due already goes out today."""
    zone = around.office.timezone
    first = datetime.combine(period.first, time.min, zone)
    end = datetime.combine(period.last + timedelta(days=1), time.min, zone)
    due = Q(due_at__lt=end) if period.first <= _today(around) else Q(due_at__range=(first, end))
    if period.last < _today(around):
        due = Q(pk=None)
    channels = [channel] if channel else _channels(around.office)
    return Delivery.objects.filter(one_of(State.WAITING), due, office=around.office.slug, channel__in=channels)


def _channels(office: Office) -> list[str]:
    return list(office.channels)


def _in_approval(office: Office, period: Period, channel: str) -> Iterator[tuple[Review, str]]:
    """What is meant for a day of the period, if it is approved by then; once for each of its channels."""
    first = datetime.combine(period.first, time.min, office.timezone)
    end = datetime.combine(period.last + timedelta(days=1), time.min, office.timezone)
    opened = Review.objects.filter(office=office.slug, state=Review.State.OPEN)
    wanted = opened.filter(revision__publish_at__gte=first, revision__publish_at__lt=end)
    for review in wanted.select_related("revision").defer("revision__html").order_by("revision__publish_at", "pk"):
        yield from ((review, key) for key in review.revision.channels if channel in ("", key))


def _of_entry(office: Office, entry: Entry) -> Line:
    # What a person dated has a day and no time.
    at = entry.at if entry.at.astimezone(office.timezone).date() == entry.happened_on else None
    item = entry.item if entry.item and entry.item > 0 else None
    chip = Chip("good", str(Event(entry.event).label))
    return Line(at, entry.title, item, words.channel_name(office, entry.channel), chip)


def _of_delivery(office: Office, delivery: Delivery) -> Line:
    chip = Chip("calm", words.state_word(office, delivery))
    name = words.channel_name(office, delivery.channel)
    return Line(delivery.due_at, delivery.revision.title, delivery.item_id, name, chip)


def _of_review(office: Office, review: Review, channel: str) -> Line:
    chip = Chip("active", _("in approval"))
    name = words.channel_name(office, channel)
    return Line(review.revision.publish_at, review.revision.title, review.item_id, name, chip)


def _local(office: Office, review: Review) -> date:
    moment = review.revision.publish_at or review.opened_at
    return moment.astimezone(office.timezone).date()


def _today(around: Scene) -> date:
    return around.now.astimezone(around.office.timezone).date()


def _in_order(office: Office, day_counts: DayCounts) -> DayCounts:
    names = [entry.name for entry in office.channels.values()]

    def sort(found: Mapping[str, int]) -> dict[str, int]:
        return dict(sorted(found.items(), key=lambda pair: names.index(pair[0]) if pair[0] in names else len(names)))

    return DayCounts(sort(day_counts.out), sort(day_counts.planned))


def is_cut(found: Mapping[date, Sequence[Line]]) -> bool:
    """Whether there may be more than is listed."""
    return sum(map(len, found.values())) >= MOST
