"""Publishing (发布): the draft gets a permanent address and is pushed to nobody.

Source: developers.weixin.qq.com, freepublish pages, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from channels.base import Accepted, Evidence, Json, Product, Receipt, Steps
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    message_id,
)
from channels.wechat.api import Api, Object
from channels.wechat.codes import UNKNOWN_MEDIA
from channels.wechat.drafting import DRAFT, Drafting, is_used_up, mark_of, source_url
from channels.wechat.listing import made_at, numbered, objects, ours_in, sure_match
from channels.wechat.together import articles_of, led, titles_of

SUBMIT, AGAIN = "submit", "submit again"
"""Names of steps; the second is the one new attempt after a failure without a reason."""

AGAIN_AFTER = timedelta(minutes=5)
"""How long after such a failure it is tried once more."""

LIST = "/cgi-bin/freepublish/batchget"

PUBLISHED, PUBLISHING, NOT_ORIGINAL, FAILED, REVIEW_REFUSED, DELETED, BLOCKED = range(7)
"""``publish_status`` of freepublish/get."""

FAILURES: dict[int, tuple[type[ChannelError], str]] = {
    NOT_ORIGINAL: (
        ProductRefused,
        "WeChat's check for originality refuses the article (article {articles}). Change it and submit it again.",
    ),
    FAILED: (
        PersonNeeded,
        "WeChat failed to publish it twice and gives no reason. The draft should still be there: publish it in the "
        "WeChat console, which is noticed by itself; or say here that it is not out, and it is submitted once more; "
        "or cancel this delivery.",
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


REFUSALS_OF_SEVERAL = {
    NOT_ORIGINAL: message_id(
        "WeChat's check for originality refuses {titles}, so nothing of what goes out with it was published. Change it "
        "and submit it again."
    ),
    REVIEW_REFUSED: message_id(
        "WeChat's review refuses {titles}, so nothing of what goes out with it was published. Change it and submit it "
        "again."
    ),
}


class Publishing:
    """The mode ``publish``."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Upload, add the draft, submit it once."""
        if steps.begun_at(SUBMIT) is not None and (seen := self.find(product, steps)) is not None:
            # A "no" may have been a lie: error codes after the effect do happen.
            return seen
        drafting = Drafting(self._api, product, steps)
        media_id = drafting.make()
        is_first = steps.begun_at(SUBMIT) is None
        # A token that cannot be had must not look like a submission in doubt.
        self._api.check_token()
        steps.irreversible(SUBMIT, partial(self._submit, drafting, media_id, is_first=is_first))
        return _accepted(product, steps)

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Ask for the outcome. Raises ProductRefused, PersonNeeded: it was refused, failed, or is gone since."""
        if not accepted.remote_id:
            return self._look(product, steps) or accepted
        answer = self._outcome(accepted.remote_id)
        status = answer.get("publish_status")
        if status == PUBLISHING:
            return accepted
        if status == PUBLISHED:
            return _receipt(answer, product, accepted)
        if status == FAILED and steps.result(AGAIN) is None:
            return self._once_more(product, accepted, steps)
        raise failure(status, answer, product)

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """Look where the submission left its traces: stored answer, published articles, the draft that is used up."""
        if steps.result(SUBMIT) is not None:
            return _accepted(product, steps)
        if steps.begun_at(SUBMIT) is None:
            return None
        if receipt := self._look(product, steps):
            return receipt
        draft = steps.result(DRAFT)
        return _accepted(product, steps) if draft and is_used_up(self._api, str(draft["media_id"])) else None

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None:
        """Whether a person has published in the console what failed here: the draft is used up then."""
        draft = steps.result(DRAFT)
        if draft is None or not is_used_up(self._api, str(draft["media_id"])):
            return None
        if accepted is not None and accepted.remote_id:
            answer = self._outcome(accepted.remote_id)
            if answer.get("publish_status") == PUBLISHED:
                return _receipt(answer, product, accepted)
        return listed(self._api, product, since=steps.begun_at(DRAFT), raw={"mode": "by_hand"})

    def _once_more(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Submit the draft a second time, some minutes after it failed, where it is still there and nothing is out."""
        now = datetime.now(UTC)
        failed_at = accepted.data.get("failed_at")
        if failed_at is None:
            return replace(accepted, data={**accepted.data, "failed_at": now.isoformat()})
        if now - datetime.fromisoformat(str(failed_at)) < AGAIN_AFTER:
            return accepted
        if (seen := self._look(product, steps)) is not None:
            return seen
        media_id = str(accepted.data["media_id"])
        if is_used_up(self._api, media_id):
            raise PersonNeeded(
                "WeChat failed to publish it and gives no reason, and the draft is no longer there: look in the WeChat "
                "console whether somebody has published or deleted it, and confirm or deny."
            )
        self._api.check_token()
        try:
            steps.irreversible(AGAIN, partial(self._call, media_id))
        except ProductRefused as error:
            # A "no" may be a lie, and this one is nobody's last word: what is shown decides.
            raise PersonNeeded.from_text(error.text, code=error.code) from None
        return _accepted(product, steps)

    def _submit(self, drafting: Drafting, media_id: str, *, is_first: bool) -> Json:
        try:
            return self._call(media_id)
        except PersonNeeded as error:
            if error.code != str(UNKNOWN_MEDIA):
                raise
            raise draft_gone(error, is_fresh=is_first and drafting.is_fresh()) from None

    def _call(self, media_id: str) -> Json:
        answer = self._api.submit("/cgi-bin/freepublish/submit", {"media_id": media_id})
        return {name: str(answer.get(name, "")) for name in ("publish_id", "msg_data_id")} | {"media_id": media_id}

    def _outcome(self, publish_id: str) -> Object:
        return self._api.ask_about("/cgi-bin/freepublish/get", {"publish_id": number(publish_id)})

    def _look(self, product: Product, steps: Steps) -> Receipt | None:
        """The published article that is ours, not older than our first attempt."""
        raw = {**_submitted(steps), "mode": "freepublish"}
        return listed(self._api, product, since=steps.begun_at(SUBMIT), raw=raw)


def listed(api: Api, product: Product, *, since: datetime | None, raw: Json) -> Receipt | None:
    """The article, with what goes out with it, among those published without a push, not older than ``since``."""
    if since is None:
        return None
    marks = [mark_of(article) for article in articles_of(product)]
    row = sure_match(api, LIST, marks, since=since)
    return led([_shown(row, article, raw) for article in ours_in(row, marks)]) if row is not None else None


def draft_gone(error: ChannelError, *, is_fresh: bool) -> ChannelError:
    """What it means that the draft is unknown when it is to go out."""
    if is_fresh:
        return ChannelUnavailable("WeChat does not know the new draft yet. It will be tried again.", retry_after_s=10)
    return OutcomeUnknown(
        "WeChat no longer has the draft: it may be published already. It will be looked up.", code=error.code
    )


def failure(status: object, answer: Object, product: Product) -> ChannelError:
    """The error that a ``publish_status`` stands for which is no success."""
    failed = answer.get("fail_idx") or []
    if isinstance(status, int) and status in FAILURES:
        error, template = FAILURES[status]
        if product.companions and status in REFUSALS_OF_SEVERAL:
            template = REFUSALS_OF_SEVERAL[status]
            return error(template, code=str(status), titles=titles_of(product, failed))
        return error(template, code=str(status), articles=", ".join(map(str, failed)) or "1")
    return PersonNeeded(
        "WeChat reports the unknown state {status}. Look in the WeChat console what became of the article.",
        status=status,
    )


def number(text: str) -> int | str:
    """As the platform gave it: a number, though pages show it as text too."""
    return int(text) if text.isdigit() else text


def _submitted(steps: Steps) -> Json:
    """What the platform said when it took it, the last time."""
    return steps.result(AGAIN) or steps.result(SUBMIT) or {}


def _accepted(product: Product, steps: Steps) -> Accepted:
    stored = _submitted(steps)
    data = {**stored, "title": product.title, "source": source_url(product)}
    if data.get("msg_data_id"):
        data["about"] = [stored["msg_data_id"]]
    return Accepted(str(stored.get("publish_id", "")), data)


def _shown(row: Object, article: Object, raw: Json) -> Receipt:
    """The proof of one article of a row."""
    article_id = str(row.get("article_id", ""))
    shown = {name: value for name, value in article.items() if name != "content"}
    told = {**raw, "article_id": article_id, **shown}
    remote_id = numbered(article_id, int(str(article["index"])))
    return Receipt(remote_id, made_at(row), str(article.get("url", "")), Evidence.READ_BACK, told)


def _receipt(answer: Object, product: Product, accepted: Accepted) -> Receipt:
    article_id = str(answer.get("article_id", ""))
    if not article_id:
        raise ChannelUnavailable("WeChat says it is published but gives no number yet. It will be asked again.")
    numbers = range(1, len(articles_of(product)) + 1)
    urls = _addresses(answer)
    if len(numbers) > 1 and set(urls) != set(numbers):
        raise PersonNeeded(
            "WeChat has published {found} articles and not the {count} that were handed over together: somebody has "
            "changed the draft. Look in the WeChat console, and confirm or deny.",
            found=len(urls),
            count=len(numbers),
        )
    raw = {**answer, "mode": "freepublish", "msg_data_id": accepted.data.get("msg_data_id", "")}
    at = datetime.now(UTC)
    return led(
        [
            Receipt(numbered(article_id, index), at, urls.get(index, ""), Evidence.READ_BACK, {**raw, "index": index})
            for index in numbers
        ]
    )


def _addresses(answer: Object) -> dict[int, str]:
    """The addresses of the articles by their numbers, from 1."""
    detail = answer.get("article_detail")
    items = objects(detail.get("item")) if isinstance(detail, dict) else []
    return {int(item.get("idx") or at): str(item.get("article_url", "")) for at, item in enumerate(items, start=1)}
