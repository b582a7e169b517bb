"""Weibo: one post for each item, made with ``statuses/share``.

Source: open.weibo.com/wiki, 2/statuses/share, user_timeline, show and destroy, Oauth2/get_token_info, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar
from zoneinfo import ZoneInfo

from channels.base import (
    Accepted,
    Article,
    Capabilities,
    Channel,
    Evidence,
    Json,
    Limits,
    PastPage,
    Place,
    Probe,
    Problem,
    Product,
    Quota,
    Receipt,
    Sighting,
    SignIn,
    Standing,
    Steps,
    Visit,
)
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    Text,
)
from channels.preview import Gauge, OwnField, Preview
from channels.weibo import past, preview, render, timeline
from channels.weibo.address import mid_in
from channels.weibo.api import Api, mid_of
from channels.weibo.codes import DUPLICATES, GONE
from channels.weibo.options import WeiboOptions
from channels.weibo.signing_in import INFO_PATH, WeiboSignIn, seconds_left, standing_of, whole_number
from channels.weibo.text import in_ascii

SHARE, DUPLICATE, RECALL, LOOKED, ASKED = "share", "duplicate", "recall", "looked", "asked"
"""Names of steps."""

LOOKS_KEPT = 10
"""Calls of a day that are kept for looking up what is in doubt."""

TAKEN: frozenset[OwnField] = frozenset({"title", "summary", "cover"})
TAKEN_BY_ARTICLES: frozenset[OwnField] = frozenset({"title", "summary", "html"})

USER_PATH = "/2/users/show.json"

METRICS = {"reposts": "reposts_count", "comments": "comments_count", "likes": "attitudes_count"}
"""Figures of a post, and what the platform calls them."""

DAY_S = 86_400
RENEWAL_DAYS = 14
"""From that many days before its end on, the token should be renewed."""


class WeiboChannel(Channel):
    """One account.

    One post at a time: the platform has no mark of ours and shows only its newest five posts, so a second post in
    flight could push the first out of sight or be taken for it.
    """

    kind: ClassVar[str] = "weibo"
    Options: ClassVar[type[WeiboOptions]] = WeiboOptions

    def __init__(self, key: str, options: WeiboOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self._api = Api(options.api_base, options.access_token, timeout_s=options.timeout_s)

    @property
    def capabilities(self) -> Capabilities:
        # Posts may need two minutes to show up, three where people look at them first.
        return Capabilities(
            gives_address=True,
            rich_text=False,
            max_pictures={"share": 1, "update": self.options.max_pictures, "article": 0}[self.options.mode],
            one_at_a_time=True,
            absence_after_s=240,
            look_after_s=(5, 30, 120, 240),
            begins_with="" if self._asks_first else SHARE,
            correct=self.options.correction != "anew",
            recall=True,
            anew=self.options.correction == "anew",
            past=True,
            standing=True,
            takes=TAKEN_BY_ARTICLES if self.options.mode == "article" else TAKEN,
        )

    @property
    def limits(self) -> Limits:
        """Every call counts against the day. A post that is tried again looks first: the reserve is for such looks.

        A recall looks before, where it is tried again, and afterwards.
        """
        quotas = self.options.quotas
        hour = Quota("posts_per_hour", quotas.posts_per_hour, "hour")
        day = Quota("calls_per_day", quotas.calls_per_day, "day", reserve=min(LOOKS_KEPT, quotas.calls_per_day // 10))
        uploads = self.options.max_pictures if self.options.mode == "update" else 0
        looks = 1 if self.options.looks_before else 0
        post = {hour.name: 1, day.name: 1 + looks + uploads}
        costs = {
            Visit.PUBLISH: post,
            **({Visit.CORRECT: {**post, day.name: post[day.name] + 3}} if self.options.correction == "ask" else {}),
            Visit.CONFIRM: {day.name: 1},
            Visit.FIND: {day.name: 1},
            Visit.RECALL: {day.name: 3},
            Visit.PAST: {day.name: 1},
            Visit.LOOK: {day.name: 1},
            Visit.STANDING: {day.name: 1},
        }
        return Limits((hour, day), costs, quotas.min_gap_s)

    @property
    def _asks_first(self) -> bool:
        """Whether something is asked of the platform before the post itself."""
        return self.options.looks_before or self.options.mode == "update"

    @property
    def official_hosts(self) -> Sequence[str]:
        return (self.options.official_host,) if self.options.official_host else ()

    def render(self, article: Article) -> Product:
        """Make the product. Raises ProductRefused: the first picture cannot be read."""
        return render.render(article, self.options)

    def check(self, product: Product) -> list[Problem]:
        return render.check(product, self.options)

    def preview(self, product: Product, *, at: datetime) -> Preview:
        return preview.preview(product, at.astimezone(ZoneInfo(self.place.timezone)), self.place.office_name)

    def gauges(self, article: Article) -> Sequence[Gauge]:
        return render.gauges(article, self.options)

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Post once. Raises ProductRefused: the item's address is not known."""
        is_first = steps.begun_at(SHARE) is None
        if not is_first and (seen := self._posted_all_the_same(product, steps)) is not None:
            return seen
        text = self._text(product)
        # A token that is not there must not look like a post in doubt.
        self._api.check_token()
        if is_first and self.options.looks_before:
            self._require_new(text, product, steps)
        post = self._posting(text, product, steps, is_first=is_first)
        try:
            return _proof(steps.irreversible(SHARE, post))
        except OutcomeUnknown as error:
            _remember_duplicate(error, steps)
            raise

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Look for a post that was taken and shows up later."""
        return self._look(product, steps) or accepted

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """Look where the post left its traces: the stored answer, then the account's newest posts."""
        stored = steps.result(SHARE)
        return _proof(stored) if stored is not None else self._look(product, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Delete the post once. Raises PersonNeeded: its number is not known, or the platform will not have it."""
        mid, has_begun = _mid(receipt), steps.begun_at(RECALL) is not None
        # A "no" may have been a lie, and what a person entered may be mistyped.
        if has_begun or receipt.evidence is Evidence.DECLARED:
            seen = self.look(receipt)
            if not seen.is_there and not has_begun:
                raise PersonNeeded(
                    "Weibo knows no post with the number {mid}, which was entered by hand: look for the post on the "
                    "account's page and delete it there, then confirm this delivery.",
                    mid=mid,
                )
            if not seen.is_there:
                return _taken_back(receipt, Evidence.READ_BACK, seen.raw)
        self._api.check_token()
        answer = steps.irreversible(RECALL, partial(self._api.destroy, mid))
        # Where it cannot be read back just now the answer is kept, and a later attempt looks before it does anything.
        seen = self.look(receipt)
        if seen.is_there:
            raise OutcomeUnknown("Weibo says that it has deleted the post but still shows it. It will be looked up.")
        return _taken_back(receipt, Evidence.READ_BACK, answer)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        """Leave it to a person, or let one choose: whoever takes it up again has chosen to have it posted anew.

        Raises PersonNeeded: always, where the office corrects by a comment; else before anybody has chosen.
        """
        if self.options.correction == "ask":
            return self._as_chosen(receipt, product, steps)
        raise PersonNeeded(
            "Write a comment under the post {address} that says what is right, put it on top, then confirm this "
            "delivery with the comment's address.",
            address=receipt.url or receipt.remote_id,
        )

    def taking_back(self) -> Text:
        if self.options.mode == "article":
            return Text(
                "The post is deleted, with its comments; whether the article behind it goes too, Weibo does not say: "
                "look at its address, and delete it there by hand."
            )
        return Text("The post is deleted, with its comments; whoever reposted it keeps an empty frame.")

    def correcting(self) -> Text:
        if self.options.correction == "ask":
            return Text("A person chooses: a comment under the post, or the post is deleted and a new one published.")
        if self.capabilities.anew:
            return Text("The post is deleted and a new one is published after it, with its own address.")
        return Text("The post stays; a person writes what is right in a comment under it, and confirms it here.")

    def by_hand(self, title: str, url: str) -> Sequence[Text]:
        return (
            Text("Sign in at weibo.com as {name} and open the account's own page.", name=self.name),
            Text("Look for the post of “{title}”{place} and delete it (删除).", title=title, place=f" {url}".rstrip()),
            Text("Open its address without signing in: Weibo must say that it is not there any more."),
            Text("Keep a screenshot of that, and hand it in below."),
        )

    def look(self, receipt: Receipt) -> Sighting:
        """Ask for the post by its number."""
        post = self._api.show(_mid(receipt))
        if post is None:
            return Sighting(False, {"error_code": GONE})
        counts = {name: whole_number(post.get(field)) for name, field in METRICS.items()}
        return Sighting(True, post, {name: count for name, count in counts.items() if count is not None})

    def past(self, year: int, *, after: str, is_known: Callable[[str], bool]) -> Iterator[PastPage]:  # noqa: ARG002
        """The newest posts, as many as the platform shows."""
        return past.look_back(self._api, year, ZoneInfo(self.place.timezone), after=after)

    @property
    def sign_in(self) -> SignIn | None:
        options = self.options
        if options.app_secret is None or not options.access_token.kept_as:
            return None
        return WeiboSignIn(options, options.app_secret)

    def standing(self) -> Standing:
        """How long the token lasts, and how many follow the account. The second costs a call of the day."""
        found = standing_of(self._api.ask("POST", INFO_PATH))
        metrics = {}
        # A figure that cannot be had is no reason to doubt the token.
        with suppress(ChannelError):
            followers = whole_number(self._api.ask("GET", USER_PATH, {"uid": found.account}).get("followers_count"))
            metrics = {} if followers is None else {"followers": followers}
        return replace(found, metrics=metrics)

    def probe(self) -> list[Probe]:
        name = Text("Access token")
        try:
            left_s = seconds_left(self._api.ask("POST", INFO_PATH))
        except ChannelError as error:
            return [Probe(name, ok=False, detail=error.text)]
        days = left_s // DAY_S
        if left_s <= 0:
            return [Probe(name, ok=False, detail=Text("It has run out: authorise the app again."))]
        if days < RENEWAL_DAYS:
            return [Probe(name, ok=True, detail=Text("Good for {days} days: authorise the app again soon.", days=days))]
        return [Probe(name, ok=True, detail=Text("Good for {days} days.", days=days))]

    def _posted_all_the_same(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """A "no" may have been a lie: error codes after the effect do happen.

        That the timeline has moved on is no reason to stop here: a doubtful attempt is stopped by its open intent.
        """
        with suppress(PersonNeeded):
            return self.find(product, steps)
        return None

    def _as_chosen(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        if steps.result(ASKED) is None:
            steps.repeatable(ASKED, lambda: {"asked": True})
            raise PersonNeeded(
                "Choose how the post {address} is corrected: write a comment under it that says what is right, put it "
                "on top and confirm this delivery with its address; or take this delivery up again: then the post is "
                "deleted and the new one published after it.",
                address=receipt.url or receipt.remote_id,
            )
        # What cannot be sent is said, and pictures are there, before anything is deleted.
        self._posting(self._text(product), product, steps, is_first=True)
        self.recall(receipt, steps)
        # Of what the account says, the same was there until a moment ago.
        steps.repeatable(LOOKED, lambda: {"same": ""})
        try:
            return self.publish(product, steps)
        except ProductRefused as error:
            raise PersonNeeded(
                "The old post is deleted, and Weibo does not take the new one: {reason}", code=error.code, reason=error
            ) from None

    def _require_new(self, text: str, product: Product, steps: Steps) -> None:
        """Ask a person where the account says the same already; taken up again, it goes out all the same."""
        if steps.result(LOOKED) is not None:
            return
        found: Json = {}
        # Only noticing depends on it: where nothing can be seen now, the platform itself refuses what it has.
        with suppress(ChannelUnavailable):
            found = steps.repeatable(LOOKED, lambda: {"same": timeline.same(self._api, text, self._link(product))})
        if found.get("same"):
            raise PersonNeeded(
                "One of the account's newest posts says the same: {address}. If it is this item, confirm this delivery "
                "with that address; else change the text. Taken up again, it goes out all the same.",
                address=found["same"],
            )

    def _posting(self, text: str, product: Product, steps: Steps, *, is_first: bool) -> Callable[[], Json]:
        """The call that posts, as the account's rights allow; pictures are there before it."""
        rip = self.options.rip
        if "article_content" in product.fields:
            return partial(self._api.publish_article, self._article(text, product), is_first=is_first)
        if self.options.mode != "update":
            return partial(self._api.share, text, next(iter(product.media), None), rip=rip, is_first=is_first)
        pictures = [
            str(steps.repeatable(f"picture {medium.sha256[:16]}", partial(self._api.upload, medium))["pic_id"])
            for medium in product.media
        ]
        return partial(self._api.update, text, pictures, rip=rip, is_first=is_first)

    def _article(self, text: str, product: Product) -> dict[str, str]:
        fields, known = product.fields, product.with_link(self._link(product))
        form = {
            "title": fields["article_title"],
            "content": known.fill(fields["article_content"]),
            "cover": fields["article_cover"],
            "text": text,
            "rip": self.options.rip,
        }
        return form | ({"summary": fields["article_summary"]} if fields["article_summary"] else {})

    def _link(self, product: Product) -> str:
        return in_ascii(product.fill(product.fields["link"]))

    def _text(self, product: Product) -> str:
        """The text with the link in place, in the form the platform takes."""
        link = self._link(product)
        return product.with_link(link).fill(product.body)

    def _look(self, product: Product, steps: Steps) -> Receipt | None:
        begun = steps.begun_at(SHARE)
        if begun is None:
            return None
        link = self._link(product)
        return timeline.look(self._api, timeline.Wanted(product.with_link(link).fill(product.body), link, begun))


def _proof(answer: Json) -> Receipt | Accepted:
    post = dict(answer)
    if not mid_of(post):
        return Accepted("", post)
    return timeline.receipt_of(post, Evidence.ACCEPTED)


def _mid(receipt: Receipt) -> str:
    """The post's number; a person's word may hold the address only."""
    mid = mid_of({"mid": receipt.remote_id}) or mid_in(receipt.url)
    if not mid:
        raise PersonNeeded(
            "The number of the post is not known: delete it by hand on the account's page, then confirm this delivery."
        )
    return mid


def _taken_back(receipt: Receipt, evidence: Evidence, raw: Json) -> Receipt:
    return Receipt(_mid(receipt), datetime.now(UTC), receipt.url, evidence, raw)


def _remember_duplicate(error: OutcomeUnknown, steps: Steps) -> None:
    """Go to a person when the platform says a second time that it has the post, and never shows it."""
    if error.code not in {str(code) for code in DUPLICATES}:
        return
    if steps.result(DUPLICATE) is not None:
        raise PersonNeeded(
            "Weibo says that it has this post already (code {number}) but does not show it. "
            "Look for it on the account's page, then confirm or deny it.",
            code=error.code,
            number=error.code,
        ) from None
    steps.repeatable(DUPLICATE, lambda: {"code": error.code})
