"""WeChat Official Account: the article becomes a draft, the draft is published (发布) without a push to subscribers.

Source: developers.weixin.qq.com, draft and freepublish pages, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from channels.preview import Gauge, Preview
from channels.wechat import past, preview, recall, render
from channels.wechat.api import Api, Object
from channels.wechat.codes import UNKNOWN_MEDIA
from channels.wechat.listing import PAGES, made_at, newest_match, our_article
from channels.wechat.options import WechatOptions
from channels.wechat.sending import DRAFT, SUBMIT, Sending

RECALL = "recall"
"""Name of a step."""

PUBLISHED, PUBLISHING, NOT_ORIGINAL, FAILED, REVIEW_REFUSED, DELETED, BLOCKED = range(7)
"""``publish_status`` of freepublish/get."""

FAILURES: dict[int, tuple[type[ChannelError], str]] = {
    NOT_ORIGINAL: (
        ProductRefused,
        "WeChat's check for originality refuses the article (article {articles}). Change it and submit it again.",
    ),
    FAILED: (
        PersonNeeded,
        "WeChat failed to publish and gives no reason. The draft should still be there: publish it in the WeChat "
        "console and enter its address, or cancel this delivery.",
    ),
    REVIEW_REFUSED: (
        ProductRefused,
        "WeChat's review refuses the article (article {articles}). Change it and submit it again.",
    ),
    DELETED: (
        PersonNeeded,
        "WeChat published the article, and somebody deleted it in the console since. "
        "Decide whether it counts as published.",
    ),
    BLOCKED: (
        PersonNeeded,
        "WeChat published the article and has blocked it since. Look for the reason in the WeChat console.",
    ),
}


class WechatChannel(Channel):
    """One account. Its articles are told apart by source address and title, so several may be under way at once."""

    kind: ClassVar[str] = "wechat"
    Options: ClassVar[type[WechatOptions]] = WechatOptions

    def __init__(self, key: str, options: WechatOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self._api = Api(options.api_base, options.app_id, options.app_secret, timeout_s=options.timeout_s)

    @property
    def capabilities(self) -> Capabilities:
        # Ten minutes: how long a publication may be under way with its draft still there is not documented.
        return Capabilities(
            gives_address=True,
            absence_after_s=600,
            look_after_s=(15, 60, 180, 350),
            recall=self.options.mode == "publish",
            past=True,
        )

    @property
    def limits(self) -> Limits:
        """One quota a call of the platform; uploads, drafts and freepublish/getarticle have none here.

        A look goes through the first pages of the publications, twice where the short form hides the addresses.
        """
        quotas = self.options.quotas
        submits = Quota("submits_per_day", quotas.submits_per_day, "day")
        confirms = Quota("confirms_per_day", quotas.confirms_per_day, "day")
        lookups = Quota("lookups_per_day", quotas.lookups_per_day, "day")
        deletes = Quota("deletes_per_day", quotas.deletes_per_day, "day")
        costs = {
            Visit.PUBLISH: {submits.name: 1} if self.options.mode == "publish" else {},
            Visit.CONFIRM: {confirms.name: 1},
            Visit.FIND: {lookups.name: 2 * PAGES},
            Visit.RECALL: {deletes.name: 1},
            Visit.PAST: {lookups.name: 1},
        }
        return Limits((submits, confirms, lookups, deletes), costs)

    @property
    def official_hosts(self) -> Sequence[str]:
        return (self.options.official_host,) if self.options.official_host else ()

    def render(self, article: Article) -> Product:
        """Make the product. Raises ProductRefused: a picture of the article cannot be read."""
        return render.render(article, self.options)

    def check(self, product: Product) -> list[Problem]:
        return render.check(product, self.options)

    def preview(self, product: Product, *, at: datetime) -> Preview:
        return preview.preview(product, at.astimezone(ZoneInfo(self.place.timezone)), self.place.office_name)

    def gauges(self, article: Article) -> Sequence[Gauge]:
        return render.gauges(article, self.options)

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Upload, add the draft, submit it once.

        Raises PersonNeeded: in mode ``draft``, when the draft waits in the console.
        """
        if steps.begun_at(SUBMIT) is not None and (seen := self.find(product, steps)) is not None:
            # A "no" may have been a lie: error codes after the effect do happen.
            return seen
        sending = Sending(self._api, product, steps)
        media_id = sending.make_draft()
        if self.options.mode == "draft":
            raise PersonNeeded(
                "The draft “{title}” waits in the WeChat console: publish it there, then enter its address here.",
                title=product.title,
            )
        sending.submit(media_id)
        return self._accepted(product, steps)

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Ask for the outcome. Raises ProductRefused, PersonNeeded: it was refused, failed, or is gone since."""
        if not accepted.remote_id:
            return self._look(product, steps) or accepted
        answer = self._outcome(accepted.remote_id)
        status = answer.get("publish_status")
        if status == PUBLISHING:
            return accepted
        if status == PUBLISHED:
            return _receipt(answer, accepted)
        if status in FAILURES:
            error, template = FAILURES[status]
            failed = ", ".join(str(number) for number in answer.get("fail_idx") or []) or "1"
            raise error(template, code=str(status), articles=failed)
        raise PersonNeeded(
            "WeChat reports the unknown state {status}. Look in the WeChat console what became of the article.",
            status=status,
        )

    def _outcome(self, publish_id: str) -> Object:
        try:
            return self._api.ask("/cgi-bin/freepublish/get", {"publish_id": _number(publish_id)})
        except ProductRefused as error:
            # It is the question that was refused; only ``publish_status`` is a verdict about the article.
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """Look where the submission left its traces: stored answer, published articles, the draft that is used up."""
        if steps.result(SUBMIT) is not None:
            return self._accepted(product, steps)
        if steps.begun_at(SUBMIT) is None:
            return None
        if receipt := self._look(product, steps):
            return receipt
        draft = steps.result(DRAFT)
        return self._accepted(product, steps) if draft and self._is_used_up(str(draft["media_id"])) else None

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Delete the article once. Raises PersonNeeded: only the console can do it."""
        target, has_begun = recall.target_of(receipt), steps.begun_at(RECALL) is not None
        # A "no" may have been a lie, and what a person entered may be mistyped.
        if has_begun or receipt.evidence is Evidence.DECLARED:
            seen = self.look(receipt)
            if not seen.is_there and not has_begun:
                raise PersonNeeded(
                    "WeChat knows no article with the number {number}, which was entered by hand: look for the article "
                    "in the WeChat console and delete it there, then confirm this delivery.",
                    number=target.article_id,
                )
            if not seen.is_there:
                return _taken_back(receipt, Evidence.READ_BACK, seen.raw)
        # A token that cannot be had must not look like a deletion in doubt.
        self._api.check_token()
        answer = steps.irreversible(RECALL, partial(recall.delete, self._api, target))
        # Where it cannot be read back just now the answer is kept, and a later attempt looks before it does anything.
        seen = self.look(receipt)
        if seen.is_there:
            raise OutcomeUnknown(
                "WeChat says that it has deleted the article but still shows it. It will be looked up."
            )
        return _taken_back(receipt, Evidence.READ_BACK, {**answer, **seen.raw})

    def taking_back(self) -> Text:
        if not self.capabilities.recall:
            return super().taking_back()
        return Text("The article is deleted for ever: its address opens no more, reads and comments are lost.")

    def correcting(self) -> Text:
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
        """Ask for the article by its number."""
        return recall.look(self._api, recall.target_of(receipt))

    def past(self, year: int, *, after: str, is_known: Callable[[str], bool]) -> Iterator[PastPage]:  # noqa: ARG002
        """What was published without a push, article by article."""
        return past.look_back(self._api, year, ZoneInfo(self.place.timezone), after=after)

    def probe(self) -> list[Probe]:
        lines = [_tried(Text("Access token"), self._api.check_token)]
        if lines[0].ok and self.options.mode == "publish":
            lines.append(_tried(Text("Right to publish"), self._ask_for_one))
        return lines

    def _accepted(self, product: Product, steps: Steps) -> Accepted:
        stored = steps.result(SUBMIT) or {}
        data = {**stored, "title": product.title, "source": product.fill(product.fields["content_source_url"])}
        return Accepted(str(stored.get("publish_id", "")), data)

    def _look(self, product: Product, steps: Steps) -> Receipt | None:
        """The published article that is ours, not older than our first attempt."""
        begun = steps.begun_at(SUBMIT)
        if begun is None:
            return None
        source_url = product.fill(product.fields["content_source_url"])
        row = newest_match(self._api, "/cgi-bin/freepublish/batchget", product.title, source_url, since=begun)
        if row is None:
            return None
        article = our_article(row, product.title, source_url) or {}
        shown = {name: value for name, value in article.items() if name != "content"}
        raw = {**(steps.result(SUBMIT) or {}), "mode": "freepublish", "article_id": row.get("article_id"), **shown}
        url = str(article.get("url", ""))
        return Receipt(str(row.get("article_id", "")), made_at(row), url, Evidence.READ_BACK, raw)

    def _is_used_up(self, media_id: str) -> bool:
        """Whether the draft is gone: it disappears when it is published."""
        try:
            self._api.ask("/cgi-bin/draft/get", {"media_id": media_id})
        except PersonNeeded as error:
            if error.code == str(UNKNOWN_MEDIA):
                return True
            raise
        return False

    def _ask_for_one(self) -> None:
        self._api.ask("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 1, "no_content": 1})


def _receipt(answer: Object, accepted: Accepted) -> Receipt:
    article_id = str(answer.get("article_id", ""))
    detail = answer.get("article_detail")
    items = detail.get("item") if isinstance(detail, dict) else None
    url = str(items[0].get("article_url", "")) if items else ""
    if not article_id:
        raise ChannelUnavailable("WeChat says it is published but gives no number yet. It will be asked again.")
    raw = {**answer, "mode": "freepublish", "msg_data_id": accepted.data.get("msg_data_id", "")}
    return Receipt(article_id, datetime.now(UTC), url, Evidence.READ_BACK, raw)


def _taken_back(receipt: Receipt, evidence: Evidence, raw: Json) -> Receipt:
    return Receipt(receipt.remote_id, datetime.now(UTC), receipt.url, evidence, raw)


def _number(publish_id: str) -> int | str:
    """As the platform gave it: a number, though pages show it as text too."""
    return int(publish_id) if publish_id.isdigit() else publish_id


def _tried(name: Text, call: Callable[[], None]) -> Probe:
    try:
        call()
    except ChannelError as error:
        return Probe(name, ok=False, detail=error.text)
    return Probe(name, ok=True, detail=Text("Works."))
