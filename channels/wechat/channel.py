"""WeChat Official Account: the article becomes a draft, and the draft is published (发布), pushed to subscribers (群发)
or left to a person, as the office has chosen.

Source: developers.weixin.qq.com, draft, freepublish and message/mass pages, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar, Protocol
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
    Receipt,
    Reply,
    Sighting,
    Standing,
    Steps,
)
from channels.errors import ChannelError, OutcomeUnknown, PersonNeeded, ProductRefused, Text, message_id
from channels.issues import IssuePlan, Room
from channels.preview import Gauge, Preview
from channels.wechat import brand, callback, past, picture_post, preview, rations, recall, render, statistics
from channels.wechat.api import Api
from channels.wechat.by_hand import ByHand
from channels.wechat.codes import BEIJING
from channels.wechat.drafting import DRAFT, Drafting, leave
from channels.wechat.mass import SEND, Mass
from channels.wechat.options import WechatOptions
from channels.wechat.publishing import SUBMIT, Publishing
from channels.wechat.together import Companies
from channels.wechat.token import OFTEN

RECALL, ASKED = "recall", "asked"
"""Names of steps."""

SCARCE = ("/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get", "/cgi-bin/freepublish/batchget")
"""A hundred a day each. Source: developers.weixin.qq.com, api_getapiquota, read 2026-11."""

OTHERS = message_id(
    "Within a day the access token was ended {times} times before its time: another program uses this AppID. Let it "
    "ask for tokens with stable_token without force_refresh, or give it an account of its own."
)


class Mode(Protocol):
    """One way to put a product out."""

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted: ...

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted: ...

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None: ...

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None: ...


class WechatChannel(Channel):
    """One account. Its articles are told apart by source address and title, so several may be under way at once."""

    kind: ClassVar[str] = "wechat"
    Options: ClassVar[type[WechatOptions]] = WechatOptions

    def __init__(self, key: str, options: WechatOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self._api = Api(
            options.api_base, options.app_id, options.app_secret, timeout_s=options.timeout_s, common=place.common
        )
        self._mode = self._chosen_mode()
        self._brand = brand.load(options, place.home)

    def _chosen_mode(self) -> Mode:
        if self.options.mode == "mass":
            return Mass(self._api, self.options)
        return ByHand(self._api) if self.options.mode == "draft" else Publishing(self._api)

    @property
    def capabilities(self) -> Capabilities:
        # Ten minutes: how long a publication may be under way with its draft still there is not documented. A send is
        # asked about by repeating it under its number, at the earliest after a minute; it never counts as absent.
        is_mass = self.options.mode == "mass"
        return Capabilities(
            gives_address=True,
            absence_after_s=None if is_mass else 600,
            look_after_s=(0, 70, 180, 600, 1800, *(3600,) * 22) if is_mass else (15, 60, 180, 350),
            recall=self.options.mode != "draft",
            correct=self.options.asks_how_to_correct,
            anew=self.options.correction == "anew" and self.options.mode != "draft",
            past=True,
            watch_after_s=(60, 120, 300, 600, 1800, 3600),
            hears=self.options.callback_token is not None,
            standing=True,
        )

    @property
    def limits(self) -> Limits:
        return rations.limits(self.options)

    @property
    def issues(self) -> IssuePlan | None:
        options = self.options.issues
        return None if options is None else IssuePlan(options, Room(items=options.items), together=True)

    def goes_alone(self, fields: Mapping[str, str]) -> bool:
        """Picture posts, unless the office has tried what comes of it."""
        is_mixed = self.options.issues is not None and self.options.issues.mixed
        return picture_post.is_named(fields) and not is_mixed

    @property
    def official_hosts(self) -> Sequence[str]:
        return (self.options.official_host,) if self.options.official_host else ()

    def render(self, article: Article) -> Product:
        """Make the product. Raises ProductRefused: a picture of the article cannot be read."""
        return render.render(article, self.options, self._brand)

    def check(self, product: Product) -> list[Problem]:
        return render.check(product, self.options)

    def preview(self, product: Product, *, at: datetime) -> Preview:
        return preview.preview(product, at.astimezone(ZoneInfo(self.place.timezone)), self.place.office_name)

    def gauges(self, article: Article) -> Sequence[Gauge]:
        return render.gauges(article, self.options)

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Upload, add the draft, and put it out as the mode says. Raises PersonNeeded: a person has to do that."""
        companies = Companies(product, steps)
        own = companies.enter()
        if own.begun_at(DRAFT) is None:
            leave(self._api, product, companies.earlier())
        return self._mode.publish(product, own)

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Ask for the outcome. Raises ProductRefused, PersonNeeded: it was refused, failed, or is gone since."""
        # What was handed over before the mode was changed goes on as it began.
        mode = Mass(self._api, self.options) if "clientmsgid" in accepted.data else self._mode
        return mode.confirm(product, accepted, Companies(product, steps).now())

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        own = Companies(product, steps).now()
        return self._mode_of(own).find(product, own)

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None:
        """Whether somebody has done in the console or in WeChat what it waits for."""
        own = Companies(product, steps).now()
        return self._mode_of(own).watch(product, accepted, own)

    def hear(self, method: str, query: Mapping[str, str], body: bytes, *, now: datetime) -> Reply:
        """What the platform says by itself, if it is the platform."""
        return callback.hear(self.options, self.place.common, method, query, body, now=now)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Delete the article once. Raises PersonNeeded: only the console can do it."""
        target, has_begun = recall.target_of(receipt), steps.begun_at(RECALL) is not None
        # A "no" may have been a lie, and what a person entered may be mistyped.
        if has_begun or receipt.evidence is Evidence.DECLARED:
            seen = target.look(self._api)
            if not seen.is_there and not has_begun:
                raise PersonNeeded(
                    "WeChat knows no article with the number {number}, which was entered by hand: look for the article "
                    "in the WeChat console and delete it there, then confirm this delivery.",
                    number=receipt.remote_id,
                )
            if not seen.is_there:
                return _taken_back(receipt, Evidence.READ_BACK, seen.raw)
        # A token that cannot be had must not look like a deletion in doubt.
        self._api.check_token()
        answer = steps.irreversible(RECALL, partial(target.delete, self._api))
        # Where it cannot be read back just now the answer is kept, and a later attempt looks before it does anything.
        seen = target.look(self._api)
        if seen.is_there and target.shows_deletion:
            raise OutcomeUnknown(
                "WeChat says that it has deleted the article but still shows it. It will be looked up."
            )
        evidence = Evidence.ACCEPTED if seen.is_there else Evidence.READ_BACK
        return _taken_back(receipt, evidence, {**answer, **seen.raw})

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        """Let a person choose; whoever takes it up again has chosen to have it deleted and published anew.

        Raises PersonNeeded: before anybody has chosen, or when it is deleted and the new one is not taken.
        """
        if steps.result(ASKED) is None:
            steps.repeatable(ASKED, lambda: {"asked": True})
            raise PersonNeeded(
                "Choose how the article {address} is corrected: change a few words in the WeChat console (修改), or "
                "publish a correction there, and confirm this delivery with its address; or take this delivery up "
                "again: then the article is deleted, and published anew under another address.",
                address=receipt.url or receipt.remote_id,
            )
        if self.find(product, steps) is None:
            # What cannot be sent is said before anything is deleted.
            Drafting(self._api, product, steps).make()
            self.recall(receipt, steps)
        try:
            return self.publish(product, steps)
        except ProductRefused as error:
            raise PersonNeeded(
                "The old article is deleted, and WeChat does not take the new one: {reason}",
                code=error.code,
                reason=error,
            ) from None

    def taking_back(self) -> Text:
        if not self.capabilities.recall:
            return super().taking_back()
        if self.options.mode == "mass":
            return Text(
                "The article's page is deleted for ever; the message that subscribers have got stays with them, and "
                "leads nowhere."
            )
        return Text("The article is deleted for ever: its address opens no more, reads and comments are lost.")

    def correcting(self) -> Text:
        if self.options.asks_how_to_correct:
            return Text(
                "WeChat lets no program change a published article. A person chooses: a few words are changed in the "
                "console, or the article is deleted and published anew under another address."
            )
        if self.options.correction == "anew":
            return Text(
                "WeChat lets no program change a published article: it is deleted, with its reads and comments, and "
                "published anew under another address."
            )
        return Text(
            "WeChat lets no program change a published article. In the console a person may change a few words (修改); "
            "for more, take it back and submit it anew."
        )

    def by_hand(self, title: str, url: str) -> Sequence[Text]:  # noqa: ARG002 - the console goes by titles
        return (
            Text("Sign in at mp.weixin.qq.com as an administrator or operator of {name}.", name=self.name),
            Text("Open the published articles (发表记录), look for “{title}” and delete it (删除).", title=title),
            Text("Open the article's address on a phone: WeChat must say that the author has deleted it."),
            Text("Keep a screenshot of that, and hand it in below."),
        )

    def look(self, receipt: Receipt) -> Sighting:
        """Ask for it by its number; with its readers, as soon as they are counted."""
        return recall.look(self._api, receipt)

    def past(self, year: int, *, after: str, is_known: Callable[[str], bool]) -> Iterator[PastPage]:  # noqa: ARG002
        """What was published without a push, article by article."""
        return past.look_back(self._api, year, ZoneInfo(self.place.timezone), after=after)

    def standing(self) -> Standing:
        """Whether the account lets us in, and how many subscribers it had at the end of the newest counted day."""
        self._api.check_token()
        today = datetime.now(BEIJING).date()
        for day in (today - timedelta(days=1), today - timedelta(days=2)):
            # Yesterday is counted in the morning. A figure that cannot be had is no reason to doubt the account.
            with suppress(ChannelError):
                count = statistics.subscribers(self._api, day)
                return Standing(metrics={} if count is None else {"followers": count})
        return Standing()

    def probe(self) -> list[Probe]:
        lines = [_tried(Text("Access token"), self._api.check_token)]
        if lines[0].ok and (times := self._api.tokens_ended_early()) >= OFTEN:
            lines.append(Probe(Text("Sole user of the AppID"), ok=False, detail=Text(OTHERS, times=times)))
        if lines[0].ok and self.options.mode != "draft":
            lines.append(_tried(Text("Right to publish"), self._ask_for_one))
        if self.options.mode != "draft" and all(line.ok for line in lines):
            lines += self._rations()
        return lines

    def _rations(self) -> Iterator[Probe]:
        """What WeChat itself says is left of the calls that are scarce; nothing where it does not say."""
        for path in SCARCE:
            with suppress(ChannelError):
                told = self._api.ask("/cgi-bin/openapi/quota/get", {"cgi_path": path}).get("quota") or {}
                left, limit = told["remain"], told["daily_limit"]
                detail = Text("{left} of {limit} calls are left today.", left=left, limit=limit)
                yield Probe(Text("Ration of {path}", path=path), ok=left > 0, detail=detail)

    def _mode_of(self, steps: Steps) -> Mode:
        """The mode in which a delivery was begun, whatever is set now."""
        if steps.begun_at(SEND) is not None:
            return Mass(self._api, self.options)
        return Publishing(self._api) if steps.begun_at(SUBMIT) is not None else self._mode

    def _ask_for_one(self) -> None:
        self._api.ask("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 1, "no_content": 1})


def _taken_back(receipt: Receipt, evidence: Evidence, raw: Json) -> Receipt:
    return Receipt(receipt.remote_id, datetime.now(UTC), receipt.url, evidence, raw)


def _tried(name: Text, call: Callable[[], None]) -> Probe:
    try:
        call()
    except ChannelError as error:
        return Probe(name, ok=False, detail=error.text)
    return Probe(name, ok=True, detail=Text("Works."))
