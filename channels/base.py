"""The one interface every channel has, and the things that pass through it.

``render`` and ``check`` are pure; the other verbs talk to the outside world. An adapter never retries and never sleeps:
only the caller knows about time.
"""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from channels.errors import ProductRefused, Text
from channels.issues import IssuePlan, Room
from channels.preview import OWN_FIELDS, Gauge, OwnField, Preview

ASSET = "asset:"
"""Prefix of a picture's address inside clean HTML: ``<img src="asset:SHA256">``."""

LINK = "\ue000link\ue000"
"""Stands in a product where the address of the item on another channel will be put at sending time. Private-use
characters, so that no text of an item says the same."""

Json = Mapping[str, object]
"""What a step returns and the database keeps: a JSON object."""


class Evidence(StrEnum):
    """How well a publication is proven, weakest first."""

    DECLARED = "E0"
    """a person said so"""
    ACCEPTED = "E1"
    """the platform's own answer said so"""
    READ_BACK = "E2"
    """it was read back from where it is published"""
    KEPT_COPY = "E3"
    """read back, and a copy is kept"""


@dataclass(frozen=True)
class Medium:
    """A picture or attachment with its bytes.

    ``name`` is an ASCII-safe or original file name; ``media_type`` like ``image/png``. ``caption`` is what stands
    under a picture; the HTML that shows it says it again, so that it is no part of a product's media.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)
    alt: str = ""
    caption: str = ""

    @cached_property
    def sha256(self) -> str:
        """Digest of the bytes, 64 hex digits: the name under which everything refers to this medium."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Column:
    """Where on the website an item belongs; the class is what yearly counts and meta tags hang on.

    ``parent`` is the key of the column it is a part of, empty for one that stands in the website's navigation.
    """

    key: str
    name: str
    column_class: str
    description: str = ""
    keywords: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One frozen revision of an item, as a channel gets it.

    Attributes:
        key: names item and revision for ever, ASCII, e.g. ``kzj-31-r1``; used wherever a platform lets us leave a mark.
        item: number of the item; ``revision``: number of the revision, from 1.
        html: clean semantic HTML (p, h2-h4, lists, tables, blockquote, figure, img, a, strong, em, u, s, sub, sup, br,
            hr), without the title; pictures as ``<img src="asset:SHA256">``.
        media: every picture the HTML names, in reading order.
        created_on: when the item was first submitted, in the office's time zone; part of permanent addresses.
        page_url: the item's public page where it is known beforehand; else the website's own address; may be empty.
        source_url: where a reposted item (转载) stands in the original, where that has an address.
        document_number: of an official document (发文字号), such as 攀科〔2026〕12号.
        in_force_until: the last day on which a policy document holds (有效期至), where it has one.
        interprets: numbers of the items whose documents it interprets (政策解读).
        cover: the picture chosen to stand for the item; None: the channel takes one of ``media``.
    """

    key: str
    item: int
    revision: int
    title: str
    html: str
    column: Column
    created_on: datetime
    office_name: str
    summary: str = ""
    author: str = ""
    source: str = ""
    section: str = ""
    media: Sequence[Medium] = ()
    attachments: Sequence[Medium] = ()
    page_url: str = ""
    is_reposted: bool = False
    source_url: str = ""
    document_number: str = ""
    in_force_until: date | None = None
    interprets: Sequence[int] = ()
    cover: Medium | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the platform will drop or change; shown before approval."""

    text: Text


@dataclass(frozen=True, slots=True)
class Problem:
    """What ``check`` found: an ``error`` stops the product, a ``warning`` informs."""

    severity: Literal["error", "warning"]
    text: Text

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True)
class Product:
    """Exactly what one channel will send: rendered, previewed, signed by its digest.

    Attributes:
        key: names the wish; a second publish with the same key changes nothing.
        body: final text or HTML; pictures as ``asset:SHA256``, ``LINK`` where the item's address will stand.
        fields: everything else that is sent (digest line, author, file names …), text by text.
        media: pictures and files with their bytes, in reading order.
        link: the address that replaces ``LINK``; filled in at sending time and not part of the digest.
        issue: the issue it appears in, such as ``2026-07``; filled in at sending time and not part of the digest.
        companions: what goes out with it by the same call, behind it in this order; filled in at sending time and not
            part of the digest, as each is signed by itself.
    """

    key: str
    title: str
    body: str
    fields: Mapping[str, str] = field(default_factory=dict)
    media: Sequence[Medium] = ()
    notes: Sequence[Note] = ()
    link: str = ""
    issue: str = ""
    companions: Sequence[Product] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all that will be sent, the bytes of the media included."""
        return hashlib.sha256(self.canonical().encode("utf-8")).hexdigest()

    def canonical(self) -> str:
        """The product as one JSON text with sorted keys, the media by their digests."""
        return json.dumps(
            {
                "key": self.key,
                "title": self.title,
                "body": self.body,
                "fields": dict(self.fields),
                "media": [[m.name, m.media_type, m.sha256, m.alt] for m in self.media],
                "notes": [[n.text.template, n.text.values] for n in self.notes],
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_canonical(cls, canonical: str, read: Callable[[str], bytes]) -> Product:
        """Rebuild a product from ``canonical()``; ``read`` returns the bytes of a medium by its SHA-256."""
        data = json.loads(canonical)
        return cls(
            key=data["key"],
            title=data["title"],
            body=data["body"],
            fields=data["fields"],
            media=tuple(Medium(name, kind, read(sha256), alt) for name, kind, sha256, alt in data["media"]),
            notes=tuple(Note(Text(template, **values)) for template, values in data["notes"]),
        )

    @property
    def wants_link(self) -> bool:
        return LINK in self.body or any(LINK in value for value in self.fields.values())

    def with_link(self, link: str) -> Product:
        """The same product, knowing the address that takes the place of ``LINK``."""
        return replace(self, link=link)

    def in_issue(self, issue: str) -> Product:
        """The same product, knowing the issue it appears in."""
        return replace(self, issue=issue)

    def with_companions(self, companions: Sequence[Product]) -> Product:
        """The same product, knowing what goes out with it."""
        return replace(self, companions=tuple(companions))

    def fill(self, text: str) -> str:
        """``text`` with the address in place. Raises ProductRefused: the address is wanted and not known."""
        if LINK in text and not self.link:
            raise ProductRefused("The address of {title} is not known yet, so it cannot be sent.", title=self.title)
        return text.replace(LINK, self.link)

    def medium(self, sha256: str) -> Medium:
        """The medium with that digest. Raises KeyError: the product has none."""
        for medium in self.media:
            if medium.sha256 == sha256:
                return medium
        raise KeyError(sha256)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a product is out, in the same shape for every channel.

    ``published_at`` is aware; ``url`` is where readers find it, empty in print; ``raw`` is the platform's answer
    without secrets, to be kept with the delivery; ``companions`` proves each of the product's companions, in their
    order.
    """

    remote_id: str
    published_at: datetime
    url: str = ""
    evidence: Evidence = Evidence.ACCEPTED
    raw: Json = field(default_factory=dict, repr=False)
    companions: Sequence[Receipt] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took it; the proof is outstanding.

    ``data`` is what ``confirm`` needs to ask again. In it ``about`` lists further numbers under which the platform may
    speak of it by itself, and ``notice`` is what it said so.
    """

    remote_id: str
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look at a publication showed: whether readers can still see it, and the platform's words.

    Attributes:
        metrics: reads, likes, reposts … as the platform counts them up to now.
        is_unchanged: what stands there is what went out; None where the channel cannot tell.
        is_marked: what stands there says that it was withdrawn.
        problems: what does not work there although it is there: a link, a picture, an attachment.
        url: where readers find it, where the platform tells that only now.
    """

    is_there: bool
    raw: Json = field(default_factory=dict, repr=False)
    metrics: Mapping[str, int] = field(default_factory=dict)
    is_unchanged: bool | None = None
    is_marked: bool = False
    problems: Sequence[Text] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a platform says by itself about something that was handed over to it.

    Attributes:
        key: the same when it is said again.
        remote_id: the platform's number of what it is about.
        data: given to ``confirm`` as ``accepted.data["notice"]``; a hint, which ``confirm`` proves by asking.
    """

    key: str
    remote_id: str
    data: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the platform is answered when it calls by itself, and what it had to say, where that was of use."""

    status: int
    body: str = ""
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One publication that this program did not make, as it was found where it is.

    Attributes:
        published_on: day in the office's time zone.
        remote_id: the platform's own identifier, the same a receipt would carry; empty where it has none.
        column: key of the office's column, empty where the place does not tell.
        about: address of the page it points to, as posts point to the item on the website.
        source: where it was taken from; empty: the office's own.
        where: place in what was read: the address of a list, a row of a table.
        is_same_by_title: a receipt of the same publication may carry neither this number nor this address: its title
            tells, on the same day or the next.
    """

    title: str
    published_on: date
    remote_id: str = ""
    url: str = ""
    column: str = ""
    about: str = ""
    section: str = ""
    source: str = ""
    issue: str = ""
    where: str = ""
    evidence: Evidence = Evidence.READ_BACK
    raw: Json = field(default_factory=dict, repr=False)
    is_same_by_title: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and cannot be taken: where, its title as far as there is one, and why."""

    where: str
    title: str
    text: Text


@dataclass(frozen=True, slots=True)
class PastPage:
    """What one call of the platform brought. The caller waits ``pause_s`` seconds before it asks for the next page.

    Attributes:
        after: given to ``Channel.past``, it goes on behind this page; some rows may then come a second time.
        known: rows that were passed over because the caller knows them.
        gaps: why the year may hold more than is found: what the platform does not show or could not be read.
    """

    entries: Sequence[Past] = ()
    left_out: Sequence[LeftOut] = ()
    after: str = ""
    known: int = 0
    gaps: Sequence[Text] = ()
    pause_s: float = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """One line of a channel's self-test: what was tried, whether it works, and what to do if not."""

    name: Text
    ok: bool
    detail: Text


@dataclass(frozen=True, slots=True)
class Standing:
    """What a platform says of an account: until when its credentials are good, and figures of the account itself.

    Attributes:
        ends_at: aware; None where they do not end, or it does not say when.
        account: the platform's own name or number of the account the credentials are for.
        metrics: followers … as the platform counts them now.
    """

    ends_at: datetime | None = None
    account: str = ""
    metrics: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody who signed in at a platform has brought back; ``token`` is to be kept encrypted."""

    token: str = field(repr=False)
    account: str
    ends_at: datetime | None = None


class SignIn(Protocol):
    """Signing in at a platform in the browser of an administrator (OAuth 2.0, code flow).

    Attributes:
        keeps_as: name under which the token is kept and asked for.
        redirect_uri: where the platform sends the browser back, exactly as it is registered there.
    """

    @property
    def keeps_as(self) -> str: ...

    @property
    def redirect_uri(self) -> str: ...

    def address(self, state: str) -> str:
        """The platform's page where the account agrees; ``state`` comes back with the answer."""

    def refusal(self, answer: Mapping[str, str]) -> Text | None:
        """Why the platform sent the browser back without a code; None where ``answer`` has one as ``code``."""

    def redeem(self, code: str) -> Grant:
        """The token for the code that came back; once.

        Raises CredentialsRefused: the code, the app or the account is not the right one.
        Raises ChannelUnavailable: the platform gives no readable answer; begin again.
        """


class Visit(StrEnum):
    """What a caller asks a channel for about one product."""

    PUBLISH = "publish"
    CORRECT = "correct"
    RECALL = "recall"
    MARK = "mark"
    CONFIRM = "confirm"
    FIND = "find"
    PAST = "past"
    LOOK = "look"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Quota:
    """How often an account may do something, counted as platforms do: in whole hours, days or months of Beijing time.

    Attributes:
        name: its key in the configuration.
        reserve: of ``limit``, what is kept back for looking up what is in doubt.
    """

    name: str
    limit: int
    window: Literal["hour", "day", "month"]
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may do, and what each visit takes of it.

    Attributes:
        costs: visit → quota's name → the most calls of that sort one visit makes; looks before a repetition come from
            the quota's reserve.
        min_gap_s: between the beginnings of two visits that send something.
    """

    quotas: Sequence[Quota] = ()
    costs: Mapping[Visit, Mapping[str, int]] = field(default_factory=dict)
    min_gap_s: float = 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, so that screens and the queue ask instead of knowing names. Times in seconds.

    Attributes:
        outcome: what a finished publish means: readers can see it, or somebody else prints it.
        gives_address: its receipts carry an address other channels may link to.
        one_at_a_time: a second product may not start while one is under way or in doubt on this account.
        absence_after_s: a look that long after the call can last have been under way, and sees nothing, proves absence;
            None: a look never proves absence, a person decides.
        look_after_s: waits between looks after doubt; the last one repeats until absence is proven.
        confirm_after_s: waits between questions while proof is outstanding; after the last a person decides.
        begins_with: name of the irreversible step with which a first publish begins; before it nothing is asked of the
            platform, so the caller may commit its intent while it takes the product in hand. Empty: none does.
        correct: what is out can be replaced in its place; ``recall``: it can be taken back.
        mark: what no longer holds can stay where it is, with a mark that says so.
        look: what is out can be looked at; what can be taken back always can.
        anew: a correction takes back what is out and publishes the new revision after it.
        notice: what is out for good is answered: by a correction notice that is handed over like any product.
        until_deadline: what was handed over can be corrected and taken back only until its issue's deadline.
        standing: it can be asked how its credentials stand.
        takes: what an item may say differently here; the channel has no use for the rest.
        watch_after_s: while a person has to do something on the platform, waits between looks whether it is done; the
            last one repeats. Empty: only a person can say.
        hears: the platform may call by itself.
        past: it can list what was published before this program was there.
    """

    outcome: Literal["published", "handed_over"] = "published"
    gives_address: bool = False
    rich_text: bool = True
    max_pictures: int | None = None
    one_at_a_time: bool = False
    absence_after_s: float | None = None
    look_after_s: tuple[float, ...] = (5, 30, 120, 240)
    confirm_after_s: tuple[float, ...] = (15, 60, 300, 1800, 7200, *(3600,) * 22)
    begins_with: str = ""
    correct: bool = False
    recall: bool = False
    mark: bool = False
    look: bool = False
    anew: bool = False
    notice: bool = False
    until_deadline: bool = False
    past: bool = False
    standing: bool = False
    takes: frozenset[OwnField] = frozenset(OWN_FIELDS)
    watch_after_s: tuple[float, ...] = ()
    hears: bool = False


Ground = Literal["error", "superseded", "law", "secrecy"]
"""What may be the matter with something that is taken back."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why something is taken back, as far as readers are told.

    ``replaced_by``: address of what takes its place; ``note``: what else they are told, in a sentence or two.
    """

    ground: Ground = "error"
    replaced_by: str = ""
    note: str = ""


class Steps(Protocol):
    """The durable memory of one delivery: what was done stays done, whoever crashes."""

    def repeatable(
        self, name: str, call: Callable[[], Json], *, recover: Callable[[], Json | None] | None = None
    ) -> Json:
        """Return the stored result of step ``name``, or run ``call`` and store it; may run again after a crash.

        ``recover`` is asked first when an earlier attempt began this step and left no result: it looks for what that
        attempt left behind, and returns it or None.
        """

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:
        """Commit the intent, run ``call`` once and store its result; with a result stored, return that.

        Raises OutcomeUnknown: the intent of an earlier attempt is there and its result is not.
        """

    def result(self, name: str) -> Json | None:
        """The stored result of a step, None where there is none."""

    def begun_at(self, name: str) -> datetime | None:
        """When step ``name`` was first begun (aware), None where it never was.

        It stays known when the intent was withdrawn since: what a platform denies, or does not show for a long time,
        may be out all the same.
        """


class ChannelOptions(BaseModel):
    """Options every channel's table in the configuration may have; adapters add their own.

    ``valid_hours``: what could not be sent that long after its time is not sent without a person's decision.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    link_from: str = ""
    timeout_s: float = Field(default=10, gt=0, le=300)
    valid_hours: float = Field(default=72, gt=0, le=8784)


class Common(Protocol):
    """What all processes that visit channels know together: short texts by name, each for a while.

    It may forget at any time, and be a moment behind; nothing may depend on it but how often a platform is asked.
    """

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, text: str, *, keep_s: float) -> None: ...

    def forget(self, name: str) -> None: ...

    def is_first(self, name: str, *, within_s: float) -> bool:
        """Whether nobody else has asked this within the last while; of several at once one is first."""


class OwnMemory:
    """What one process alone knows. Implements ``Common``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[str, float]] = {}
        self._lock = Lock()

    def get(self, name: str) -> str | None:
        with self._lock:
            return self._get(name)

    def put(self, name: str, text: str, *, keep_s: float) -> None:
        with self._lock:
            self._kept[name] = (text, self._clock() + keep_s)

    def forget(self, name: str) -> None:
        with self._lock:
            self._kept.pop(name, None)

    def is_first(self, name: str, *, within_s: float) -> bool:
        with self._lock:
            if self._get(name) is not None:
                return False
            self._kept[name] = ("", self._clock() + within_s)
            return True

    def _get(self, name: str) -> str | None:
        text, until = self._kept.get(name, ("", 0.0))
        return text if name in self._kept and self._clock() < until else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a channel works: the office it speaks for and the folder relative paths start from."""

    home: Path
    office_name: str = ""
    site_id_code: str = ""
    timezone: str = "Asia/Shanghai"
    columns: Sequence[Column] = ()
    common: Common = field(default_factory=OwnMemory, repr=False, compare=False)


class Channel(ABC):
    """One place a product can appear.

    Args:
        key: the channel's key in the configuration, ASCII.
        options: checked options of its table.
        place: the office's name, columns and data folder.
    """

    kind: ClassVar[str]
    Options: ClassVar[type[ChannelOptions]]

    def __init__(self, key: str, options: ChannelOptions, place: Place) -> None:
        self.key = key
        self.name = options.name or key
        self.place = place

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @property
    def limits(self) -> Limits:
        """What the account may do and how often; the caller keeps to it before it calls."""
        return Limits()

    @property
    def folder(self) -> Path | None:
        """The public folder that this channel alone may write; None where it has none."""
        return None

    @property
    def issues(self) -> IssuePlan | None:
        """How its items come together in issues; None: each goes out by itself."""
        return None

    def size(self, fields: Mapping[str, str]) -> Room:
        """What a product with these fields takes of an issue's room."""
        return Room(items=1)

    def goes_alone(self, fields: Mapping[str, str]) -> bool:
        """Whether a product with these fields has no companions and is none, where others go out together."""
        return False

    @property
    def official_hosts(self) -> Sequence[str]:
        """Hosts of real platforms this channel would speak to; drills that bend time are refused there."""
        return ()

    def address(self, article: Article) -> str:
        """The item's public address where it is known before publication, else empty."""
        return ""

    @abstractmethod
    def render(self, article: Article) -> Product:
        """Make the product; pure and deterministic."""

    @abstractmethod
    def check(self, product: Product) -> list[Problem]:
        """Say what is wrong with ``product``, without touching the network."""

    @abstractmethod
    def preview(self, product: Product, *, at: datetime) -> Preview:
        """What readers will see of ``product`` if it is published at ``at``; pure, made of nothing but the product."""

    def shorter(self, html: str) -> str:
        """A proposal for a text with less in it, where ``html`` has more than fits; empty where nothing is proposed."""
        return ""

    def gauges(self, article: Article) -> Sequence[Gauge]:
        """How full the limits are that a writer of ``article`` must keep; before anything is cut."""
        return ()

    def calls(self, product: Product) -> Sequence[str]:
        """What would be sent for ``product``, one text for each call, with secrets masked; nothing is asked or sent.

        Empty where the calls are the program's own and nobody has to try them.
        """
        return ()

    @abstractmethod
    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Put ``product`` out once and return the proof, or raise one of the named errors."""

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Ask again for the proof of an accepted product. Channels that answer at once never get here."""
        raise TypeError(f"{type(self).__name__} gives its proof at once")

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        """Put ``product`` in the place of what ``receipt`` proves. Only with the capability; doubt is left by ``find``.

        Raises as ``publish`` does.
        """
        raise TypeError(f"{type(self).__name__} cannot correct")

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Take back what ``receipt`` proves; the proof says when. Only with the capability.

        What is gone already is taken back; doubt is left by ``find_recall``. Raises as ``publish`` does.
        """
        raise TypeError(f"{type(self).__name__} cannot take back")

    def withdraw(self, receipt: Receipt, steps: Steps, why: Withdrawal) -> Receipt:
        """The same, saying to readers why where the channel has a place for it."""
        return self.recall(receipt, steps)

    def mark(self, receipt: Receipt, steps: Steps, why: Withdrawal) -> Receipt:
        """Let what ``receipt`` proves stay, with a mark that it no longer holds. Only with the capability.

        The proof says when, and that the mark was read back; doubt is left by ``look``. Raises as ``publish`` does.
        """
        raise TypeError(f"{type(self).__name__} cannot mark")

    def find_recall(self, receipt: Receipt, steps: Steps) -> Receipt | None:
        """After doubt: the proof that an earlier ``recall`` took effect, or None where it is still there."""
        seen = self.look(receipt)
        if seen.is_there:
            return None
        return replace(receipt, published_at=datetime.now(UTC), evidence=Evidence.READ_BACK, raw=seen.raw)

    def taking_back(self) -> Text:
        """What taking back means for readers here, said before anybody asks for it."""
        if self.capabilities.recall:
            return Text("It is removed, and looked for afterwards.")
        return Text("It cannot be removed by the program: a person does it there, with an instruction and a deadline.")

    def correcting(self) -> Text:
        """What a correction of something that is out means for readers here."""
        if self.capabilities.correct:
            return Text("What is out is replaced in its place.")
        return Text("What is out stays as it is: take it back and submit it anew.")

    def by_hand(self, title: str, url: str) -> Sequence[Text]:
        """What a person does to take ``title`` back where the program cannot, one step after the other."""
        return (
            Text("Open {name} and look for “{title}”{place}.", name=self.name, title=title, place=f" {url}".rstrip()),
            Text("Remove it there, or have it removed by whoever runs it."),
            Text("Look again, as a reader and without signing in: it must be gone."),
            Text("Keep a screenshot or the answer you were given, and hand it in below."),
        )

    def look(self, receipt: Receipt) -> Sighting:
        """Whether what ``receipt`` proves can still be seen, and how it fares. What can take back can look.

        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded.
        """
        raise TypeError(f"{type(self).__name__} cannot look")

    def keep_up(self, *, seconds: float) -> int:
        """Let what is out follow changed settings of the office, for about that long; returns how much is left.

        It changes nothing of what was approved, and may be asked at any time. Raises as ``publish`` does.
        """
        return 0

    def past(self, year: int, *, after: str, is_known: Callable[[str], bool]) -> Iterator[PastPage]:
        """List what was published in ``year`` as far as it can be seen; only with the capability.

        Each page costs at most one call, so the caller decides on the pace. Entries of other years may be among it.

        Args:
            after: where an earlier listing ended, as its last page said; empty begins at the beginning.
            is_known: whether what stands at an address need not be looked at any more.
        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded: then a new listing goes on after the last page.
        """
        raise TypeError(f"{type(self).__name__} cannot look back")

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None:
        """Whether a person has done on the platform what the delivery waits for; it only looks. With the capability.

        Raises PersonNeeded, ProductRefused: that can not come to anything any more, and why. ChannelUnavailable,
        CredentialsRefused: it cannot be told now.
        """
        raise TypeError(f"{type(self).__name__} cannot watch")

    def hear(self, method: str, query: Mapping[str, str], body: bytes, *, now: datetime) -> Reply:
        """What the platform, or somebody who pretends to be it, says by itself. Only with the capability."""
        raise TypeError(f"{type(self).__name__} hears nothing")

    @abstractmethod
    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """After doubt: the proof of an earlier ``publish``, or None where none is seen.

        Raises PersonNeeded: it cannot be told any more by looking.
        """

    @property
    def sign_in(self) -> SignIn | None:
        """How an administrator signs in at the platform; None where the credentials come another way."""
        return None

    def standing(self) -> Standing:
        """How the credentials stand, asked of the platform; only with the capability, and about once a day.

        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded.
        """
        raise TypeError(f"{type(self).__name__} cannot tell how its credentials stand")

    @abstractmethod
    def probe(self) -> list[Probe]:
        """Try the account without publishing anything: reachable, credentials, rights."""
