"""Looking back at an existing site: list after list, page after page, one call for each step."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from channels.base import LeftOut, Past, PastPage
from channels.errors import ChannelError, ChannelUnavailable, Text
from channels.website.fetching import Fetched, Fetcher
from channels.website.past_options import PAGE, PastList
from channels.website.past_pages import ListPage, Row, read_article, read_list

MOST_BAD_PAGES = 2
"""One behind the other: then the list is at its end, or the site is down."""

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

IsKnown = Callable[[str], bool]


def look_back(
    plans: Sequence[PastList], base_url: str, *, year: int, timeout_s: float, after: str, is_known: IsKnown
) -> Iterator[PastPage]:
    """What the lists show, in their order. Raises as ``Channel.past``."""
    start = Cursor.parse(after)
    before = ""
    first = next((number for number, plan in enumerate(plans) if start and start.name == name_of(plan)), 0)
    for plan in plans[first:]:
        fetcher = Fetcher(plan, base_url, timeout_s=timeout_s)
        reading = Reading(plan, fetcher, year, is_known, before)
        for page in reading.pages(start if start and start.name == name_of(plan) else None):
            before = page.after
            yield page


def name_of(plan: PastList) -> str:
    """What a list is known by from one run to the next."""
    return f"{plan.column} {plan.site}{plan.url}"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list; ``number`` counts from 0."""

    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a list was read: the last page that is done, and pages that must be asked for again."""

    name: str
    done: Place
    again: tuple[Place, ...] = ()

    def written(self) -> str:
        again = [[place.number, place.url] for place in self.again]
        data = {"list": self.name, "page": self.done.number, "url": self.done.url, "again": again}
        return json.dumps(data, ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """None where that is no cursor of ours: then it begins at the beginning."""
        try:
            data = json.loads(text)
            again = tuple(Place(int(number), str(url)) for number, url in data["again"])
            return cls(str(data["list"]), Place(int(data["page"]), str(data["url"])), again)
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Job:
    """One call: a page of the list, or the page behind one of its rows; what fails is tried again at the end."""

    place: Place
    row: Row | None = None
    is_second: bool = False

    @property
    def url(self) -> str:
        return self.row.url if self.row else self.place.url


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a call brought nothing.

    ``is_missing``: the site has no such page; ``is_empty``: it has one without rows, which many sites show beyond the
    end; ``is_final``: asking again is vain.
    """

    text: Text
    is_missing: bool = False
    is_empty: bool = False
    is_final: bool = False
    error: ChannelUnavailable | None = None

    @property
    def may_be_the_end(self) -> bool:
        return self.is_missing or self.is_empty


@dataclass
class Reading:
    """One list on its way from its first page to its end.

    ``before`` is the cursor that holds until a page is done; ``done`` is the last page of the list of which nothing is
    outstanding but what waits in ``later``; ``days`` are those of the page at work, as far as it brought something new;
    ``brink`` is the failed page behind which nothing was looked at: should it come after all, the list goes on there.
    """

    plan: PastList
    fetcher: Fetcher
    year: int
    is_known: IsKnown
    before: str = ""
    jobs: deque[Job] = field(default_factory=deque)
    later: list[Job] = field(default_factory=list)
    streak: list[tuple[Job, Trouble]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)
    current: Place | None = None
    following: Place | None = None
    done: Place | None = None
    brink: Place | None = None
    count: int = 0

    def pages(self, start: Cursor | None) -> Iterator[PastPage]:
        """From the page ``start`` names on, which is asked for again: its rows may have moved."""
        if not self.plan.own_site:
            self.fetcher.ask_robots()
            yield self._page()
        self.following = start.done if start else Place(0, self._address(0))
        self.later = [Job(place, is_second=True) for place in start.again] if start else []
        while (job := self._next_job()) is not None:
            yield self._article(job, job.row) if job.row else self._list(job)

    def _next_job(self) -> Job | None:
        if not self.jobs and self.following is not None and not self._is_past():
            self.done, self.current, self.following = self.current, self.following, None
            return Job(self.current)
        if not self.jobs:
            # The end of the list, except for what failed on the way. Pages that are not there are no failure here.
            self.following = None
            failed = self._failed_at_the_end()
            self.brink = failed[-1].place if failed else None
            self.streak = [(job, trouble) for job, trouble in self.streak if job not in failed]
            self.jobs, self.later = deque([*self.later, *map(_again, failed)]), []
        return self.jobs.popleft() if self.jobs else None

    def _failed_at_the_end(self) -> list[Job]:
        """Of the pages at the end that brought nothing, those that should have.

        A site that says of pages beyond the end that there are none shows none without rows.
        """
        says_so = bool(self.streak) and self.streak[-1][1].is_missing
        return [job for job, trouble in self.streak if not (trouble.is_missing or (trouble.is_empty and not says_so))]

    def _list(self, job: Job) -> PastPage:
        self.count += 1
        found = self._read_list(job)
        if isinstance(found, Trouble):
            return self._no_list(job, found)
        fresh = self._fresh(found.rows)
        poor = [row for row in fresh if self._is_poor(row)]
        asked = [row for row in poor if not self.is_known(row.url)]
        self.jobs.extendleft(Job(job.place, row) for row in reversed(asked))
        gaps: list[Text] = []
        if not job.is_second or job.place == self.brink:
            # Pages that brought nothing were not the end after all.
            self.later += [_again(bad) for bad, _ in self.streak]
            self.streak, self.days = [], [row.day for row in fresh if row.day is not None]
            gaps = self._go_on(job.place, found.next_url) if fresh else []
        rich = [row for row in fresh if not self._is_poor(row)]
        return self._page(rich, job.place, left_out=found.left_out, known=len(poor) - len(asked), gaps=gaps)

    def _no_list(self, job: Job, trouble: Trouble) -> PastPage:
        """Raises ChannelUnavailable: it is not one page, the site is down."""
        if job.is_second:
            return self._page(gaps=[trouble.text])
        is_first = job.place.number == 0
        if trouble.is_final or (is_first and trouble.may_be_the_end):
            return self._page(gaps=[trouble.text])
        self.streak.append((job, trouble))
        if trouble.error is not None and (is_first or len(self.streak) >= MOST_BAD_PAGES):
            raise trouble.error
        gaps = [] if len(self.streak) >= MOST_BAD_PAGES else self._go_on(job.place, "")
        return self._page(gaps=gaps)

    def _article(self, job: Job, row: Row) -> PastPage:
        found = self._read_article(row)
        if isinstance(found, Row):
            row = found
            self.days += [row.day] if row.day is not None and not job.is_second else []
        elif not (job.is_second or found.is_final or found.may_be_the_end):
            self.later.append(_again(job))
            return self._page()
        if row.day is None and isinstance(found, Trouble):
            return self._page(left_out=[LeftOut(job.place.url, row.title, found.text)])
        return self._page([row], job.place)

    def _fresh(self, rows: list[Row]) -> list[Row]:
        """The rows that this list did not show before: what is on top of every page, or repeated, counts once."""
        fresh = []
        for row in rows:
            if row.url not in self.seen:
                self.seen.add(row.url)
                fresh.append(row)
        return fresh

    def _go_on(self, place: Place, next_url: str) -> list[Text]:
        """Note the page that follows, unless that would be one too many."""
        if not (next_url if self.plan.next else PAGE in self.plan.url):
            return []
        if self.count >= self.plan.max_pages:
            return [
                Text(
                    "The list {url} has more than {count} pages: raise {setting}.",
                    url=self.plan.url,
                    count=self.plan.max_pages,
                    setting="max_pages",
                )
            ]
        self.following = Place(place.number + 1, next_url or self._address(place.number + 1))
        return []

    def _address(self, number: int) -> str:
        """Of the page with that number, from 0."""
        plan = self.plan
        if number == 0 and plan.first_url:
            return urljoin(self.fetcher.base_url, plan.first_url)
        counted = plan.first_page + number - (1 if plan.first_url else 0)
        return urljoin(self.fetcher.base_url, plan.url.replace(PAGE, str(counted)))

    def _is_past(self) -> bool:
        """Whether the page at work, of a list that begins with the newest, had nothing but older years."""
        return self.plan.newest_first and bool(self.days) and max(self.days).year < self.year

    def _is_poor(self, row: Row) -> bool:
        """Whether the list does not say enough and the page of the article would."""
        return bool((row.day is None and self.plan.article_date) or (row.is_cut and self.plan.article_title))

    def _read_list(self, job: Job) -> ListPage | Trouble:
        found = self._get(job.url)
        if isinstance(found, Trouble):
            return found
        page = read_list(found.text, self.plan, found.url)
        return page if page.rows else Trouble(Text("{url} shows no rows.", url=job.url), is_empty=True)

    def _read_article(self, row: Row) -> Row | Trouble:
        if not self.fetcher.is_here(row.url):
            return Trouble(Text("The list says no day, and the page is on another host."), is_final=True)
        found = self._get(row.url)
        return found if isinstance(found, Trouble) else read_article(found.text, self.plan, row)

    def _get(self, url: str) -> Fetched | Trouble:
        """Raises ChannelUnavailable: the site itself asks to wait."""
        if not self.fetcher.may_read(url):
            text = Text("{url} may not be read by programs, says the robots.txt of the site.", url=url)
            return Trouble(text, is_final=True)
        try:
            fetched = self.fetcher.get(url)
        except ChannelUnavailable as error:
            if error.retry_after_s is not None:
                raise
            return Trouble(Text("{url} cannot be read: no whole answer came back.", url=url), error=error)
        except ChannelError as error:
            return Trouble(error.text)
        if fetched.is_there:
            return fetched
        text = Text("{url} cannot be read (status {status}).", url=url, status=fetched.status)
        return Trouble(text, is_missing=fetched.status in GONE)

    def _page(
        self,
        rows: Sequence[Row] = (),
        place: Place | None = None,
        *,
        left_out: Sequence[LeftOut] = (),
        gaps: Sequence[Text] = (),
        known: int = 0,
    ) -> PastPage:
        entries = [self._past(row, row.day, place.url if place else "") for row in rows if row.day and row.title]
        poor = [LeftOut(row.url, row.title, _lack(row)) for row in rows if not (row.day and row.title)]
        pause_s = max(self.plan.pause_s, self.fetcher.wished_pause_s)
        return PastPage(entries, [*left_out, *poor], self._cursor(), known, gaps, pause_s)

    def _past(self, row: Row, day: date, where: str) -> Past:
        # What is taken over by a link only is somebody else's.
        source = "" if self.fetcher.is_here(row.url) else urlsplit(row.url).netloc
        return Past(row.title, day, url=row.url, column=self.plan.column, source=source, where=where)

    def _cursor(self) -> str:
        if self.done is None:
            return self.before
        failed = (job for job, trouble in self.streak if not trouble.may_be_the_end)
        open_jobs = [*(job for job in self.jobs if job.is_second), *self.later, *failed]
        again = tuple(dict.fromkeys(job.place for job in open_jobs))
        return Cursor(name_of(self.plan), self.done, again).written()


def _lack(row: Row) -> Text:
    if row.day is None:
        return Text("Neither the list nor the page says the day.")
    return Text("Neither the list nor the page says the title.")


def _again(job: Job) -> Job:
    return replace(job, is_second=True)
