"""Sending to subscribers (群发): the draft is pushed, under a number of ours by which the platform knows a repetition.

Source: developers.weixin.qq.com, api_sendall, api_massmsgget, Batch_Sends, read 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from uuid import uuid4

from channels.base import Accepted, Evidence, Json, Product, Receipt, Steps
from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused, message_id
from channels.wechat.api import Api, Object
from channels.wechat.codes import UNKNOWN_MEDIA
from channels.wechat.drafting import Drafting, is_used_up, source_url
from channels.wechat.listing import numbered, objects
from channels.wechat.options import WechatOptions
from channels.wechat.publishing import draft_gone, number
from channels.wechat.together import articles_of, led

SEND = "send"
"""Name of a step; repetitions under the same number are ``again:1``, ``again:2`` …"""

SENT_BEFORE = 45065
ASKS_ADMINISTRATOR = frozenset({89504, 89505})
EXPECTED = ASKS_ADMINISTRATOR | {SENT_BEFORE}

REPEAT_AFTER = timedelta(seconds=65)
"""A repetition sooner than a minute is refused for its haste alone (45066)."""

REMEMBERED = timedelta(hours=23, minutes=50)
"""The platform knows our numbers for 24 hours; after that a repetition would be a second send."""

ADMINISTRATOR_HAS = timedelta(minutes=35)
"""The administrator has half an hour to confirm."""

LONG = timedelta(minutes=5)
"""What is still under way after that waits for somebody."""

WAITS_FOR_ADDRESS = timedelta(minutes=15)
"""So long the platform's own word, which alone has the article's address, is waited for."""

NOT_SENT = message_id(
    "WeChat did not send it and gives no reason ({status}). Nothing has gone out: look in the WeChat console, then say "
    "here that it is not out, and it is sent once more; or cancel it."
)
REFUSALS = {
    "err(10001)": message_id("WeChat did not send it, since it takes it for advertising: change it, submit it again."),
    "err(20001)": message_id("WeChat did not send it for political reasons: change it and submit it again."),
    "err(20002)": message_id("WeChat did not send it, since it finds it indecent: change it and submit it again."),
    "err(20004)": message_id("WeChat did not send it for the sake of public order: change it and submit it again."),
    "err(20006)": message_id("WeChat did not send it, since it may be unlawful: change it and submit it again."),
    "err(20008)": message_id("WeChat did not send it, since it takes it for fraud: change it and submit it again."),
    "err(20013)": message_id("WeChat did not send it because of somebody's copyright: change it, submit it again."),
    "err(21000)": message_id("WeChat did not send it and does not say why: change it and submit it again."),
    "err(22000)": message_id("WeChat did not send it, since accounts promote each other in it: leave that out."),
    "err(30001)": message_id("WeChat's check for originality failed, and nothing was sent: submit it again."),
    "err(30002)": message_id("WeChat did not send it, since its author allows no reprint: ask the author first."),
    "err(30003)": message_id(
        "WeChat did not send it, since it is a reprint and send_reprints is not set: set it, or change the text."
    ),
}
"""``Status`` of MASSSENDJOBFINISH that is about the text. Source: Batch_Sends, read 2026-11."""
REFUSED_BY_ADMINISTRATOR = message_id(
    "The account's administrator has refused the send (err(40001)). Nothing has gone out: ask the administrator, "
    "then say here that it is not out, and it is sent once more; or cancel it."
)
NOT_CONFIRMED = message_id(
    "The account's administrator did not confirm the send within 30 minutes (err(40002)). Nothing has gone out: "
    "ask the administrator to be ready, then say here that it is not out, and it is sent once more; or cancel it."
)
STILL_SENDING = message_id(
    "WeChat still says that it is being sent, long after the account's administrator could have confirmed it: look in "
    "the WeChat console what became of it, and confirm or deny."
)
WAITING = message_id(
    "WeChat asks the account's administrator to confirm the send: it has to be done in WeChat within 30 minutes. "
    "What comes of it is noticed by itself."
)


class Mass:
    """The mode ``mass``."""

    def __init__(self, api: Api, options: WechatOptions) -> None:
        self._api = api
        self._options = options

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Upload, add the draft, send it once."""
        if (sent := _sent(steps)) is not None:
            return _accepted(product, sent)
        drafting = Drafting(self._api, product, steps)
        media_id = drafting.make()
        client = _client(steps)
        is_first = steps.begun_at(SEND) is None
        self._api.check_token()
        send = partial(self._send, media_id, client, drafting=drafting, is_first=is_first)
        return _accepted(product, steps.irreversible(SEND, send))

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Ask what became of it. Raises ProductRefused, PersonNeeded: it was not sent, or somebody must confirm it."""
        notice = _notice(accepted)
        age = datetime.now(UTC) - datetime.fromisoformat(str(accepted.data["sent_at"]))
        msg_id = accepted.remote_id or self._number(accepted, age, steps)
        status = str(self._api.ask_about("/cgi-bin/message/mass/get", {"msg_id": number(msg_id)}).get("msg_status", ""))
        if status == "SENDING":
            if age >= LONG:
                raise PersonNeeded(WAITING) if age <= ADMINISTRATOR_HAS else PersonNeeded(STILL_SENDING)
            return Accepted(msg_id, accepted.data)
        if status == "SEND_SUCCESS":
            if not notice and self._options.callback_token is not None and age < WAITS_FOR_ADDRESS:
                return Accepted(msg_id, accepted.data)
            return _receipt(msg_id, product, accepted, notice)
        if status == "DELETE":
            raise PersonNeeded(
                "WeChat sent the article, and somebody deleted it in the console since. "
                "Decide whether it counts as published."
            )
        _note_failure(steps, accepted, str(notice.get("Status", status)))
        raise not_sent(str(notice.get("Status", "")) or status)

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """Repeat the send under its number, which the platform knows for a day: it says what came of the first.

        Raises PersonNeeded: the day is over.
        """
        if (sent := _sent(steps)) is not None:
            return _accepted(product, sent)
        begun = steps.begun_at(SEND)
        if begun is None:
            return None
        age = datetime.now(UTC) - begun
        if age < REPEAT_AFTER:
            return None
        if age > REMEMBERED:
            raise PersonNeeded(
                "More than a day ago it was to be sent, and WeChat no longer tells whether it was: look in the WeChat "
                "console and confirm or deny."
            )
        drafting = Drafting(self._api, product, steps)
        again = partial(self._send, drafting.make(), _client(steps), drafting=drafting, is_first=False)
        name = next(name for name in _repetitions() if steps.begun_at(name) is None)
        return _accepted(product, steps.irreversible(name, again))

    def watch(self, product: Product, accepted: Accepted | None, steps: Steps) -> Receipt | None:
        """Whether the administrator has confirmed it meanwhile. Raises PersonNeeded, ProductRefused: why not."""
        if accepted is not None and not accepted.remote_id and is_used_up(self._api, str(accepted.data["media_id"])):
            return led([Receipt("", datetime.now(UTC)) for _ in articles_of(product)])
        found = self.confirm(product, accepted, steps) if accepted is not None else None
        return found if isinstance(found, Receipt) else None

    def _number(self, accepted: Accepted, age: timedelta, steps: Steps) -> str:
        """The platform's number of a send that the administrator was asked about.

        Once confirmed the draft is used up: to repeat the send then can send nothing, and tells the number.

        Raises PersonNeeded: it is not confirmed.
        """
        media_id, client = str(accepted.data["media_id"]), str(accepted.data["clientmsgid"])
        if not is_used_up(self._api, media_id):
            if age <= ADMINISTRATOR_HAS:
                raise PersonNeeded(WAITING)
            _note_failure(steps, accepted, "err(40002)")
            raise not_sent("err(40002)")
        if age < REPEAT_AFTER:
            raise ChannelUnavailable(
                "WeChat has sent it and is asked for its number in a minute.", retry_after_s=REPEAT_AFTER.seconds
            )
        ask = partial(self._call, media_id, client)
        try:
            return str(steps.repeatable(f"number:{client}", lambda: {"msg_id": str(ask().get("msg_id", ""))})["msg_id"])
        except ProductRefused as error:
            # It is gone out already: what is refused here is no more than a question.
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error

    def _call(self, media_id: str, client: str) -> Object:
        body = {
            "filter": _filter(self._options.audience),
            "msgtype": "mpnews",
            "mpnews": {"media_id": media_id},
            "send_ignore_reprint": int(self._options.send_reprints),
            "clientmsgid": client,
        }
        return self._api.submit("/cgi-bin/message/mass/sendall", body, expected=EXPECTED)

    def _send(self, media_id: str, client: str, *, drafting: Drafting, is_first: bool) -> Json:
        try:
            answer = self._call(media_id, client)
        except PersonNeeded as error:
            if error.code != str(UNKNOWN_MEDIA):
                raise
            raise draft_gone(error, is_fresh=is_first and drafting.is_fresh()) from None
        code = int(answer.get("errcode", 0))
        msg_id = str(answer.get("msg_id", ""))
        if not msg_id and code not in ASKS_ADMINISTRATOR:
            raise OutcomeUnknown("WeChat's answer lacks the number of the send. It will be looked up.", code=str(code))
        return {
            "msg_id": msg_id,
            "msg_data_id": str(answer.get("msg_data_id", "")),
            "media_id": media_id,
            "clientmsgid": client,
            "errcode": code,
            "sent_at": datetime.now(UTC).isoformat(),
        }


def not_sent(status: str) -> ChannelError:
    """The error that the outcome ``status`` of a send stands for."""
    if status == "err(40001)":
        return PersonNeeded(REFUSED_BY_ADMINISTRATOR, code=status)
    if status == "err(40002)":
        return PersonNeeded(NOT_CONFIRMED, code=status)
    if (template := REFUSALS.get(status)) is not None:
        return ProductRefused(template, code=status)
    return PersonNeeded(NOT_SENT, code=status, status=status)


def _filter(audience: str) -> Object:
    return {"is_to_all": True} if audience == "all" else {"is_to_all": False, "tag_id": int(audience)}


def _client(steps: Steps) -> str:
    """Our number of the send, at most 32 bytes; a send that is known to have failed gets another one next time."""
    name = f"client:{_failures(steps)}"
    return str(steps.repeatable(name, lambda: {"clientmsgid": uuid4().hex})["clientmsgid"])


def _failures(steps: Steps) -> int:
    return next(index for index in count() if steps.result(f"failed:{index}") is None)


def _note_failure(steps: Steps, accepted: Accepted, status: str) -> None:
    """Remember that nothing came of the send, so that the next one is another one for the platform too."""
    client = str(accepted.data["clientmsgid"])
    index = _failures(steps)
    if client == _client(steps):
        steps.repeatable(f"failed:{index}", lambda: {"clientmsgid": client, "status": status})


def _repetitions() -> list[str]:
    return [f"again:{index}" for index in range(1, 100)]


def _sent(steps: Steps) -> Json | None:
    """What the platform answered when it took it, the first time or at a repetition."""
    names = [SEND]
    for name in _repetitions():
        if steps.begun_at(name) is None:
            break
        names.append(name)
    return next((found for name in reversed(names) if (found := steps.result(name)) is not None), None)


def _accepted(product: Product, sent: Json) -> Accepted:
    data = {**sent, "title": product.title, "source": source_url(product)}
    if sent.get("msg_data_id"):
        data["about"] = [sent["msg_data_id"]]
    return Accepted(str(sent.get("msg_id", "")), data)


def _notice(accepted: Accepted) -> Object:
    found = accepted.data.get("notice")
    return dict(found) if isinstance(found, dict) else {}


def _receipt(msg_id: str, product: Product, accepted: Accepted, notice: Object) -> Receipt:
    told = {name: accepted.data.get(name, "") for name in ("msg_data_id", "media_id", "clientmsgid")}
    told |= {name: notice[name] for name in ("SentCount", "FilterCount", "ErrorCount", "TotalCount") if name in notice}
    count = len(articles_of(product))
    raw = {**told, "mode": "mass", "msg_id": msg_id, "count": count}
    urls, at = _addresses(notice), datetime.now(UTC)
    return led(
        [
            Receipt(
                numbered(msg_id, index),
                at,
                urls.get(index, ""),
                Evidence.READ_BACK,
                {**raw, "index": index, "title": article.title},
            )
            for index, article in enumerate(articles_of(product), start=1)
        ]
    )


def _addresses(notice: Object) -> dict[int, str]:
    """The addresses of the articles by their numbers, from 1; events of publications name no numbers."""
    rows = enumerate(objects(notice.get("urls")), start=1)
    return {_index(row, at): str(row.get("ArticleUrl", "")) for at, row in rows}


def _index(row: Object, at: int) -> int:
    told = str(row.get("ArticleIdx", ""))
    return int(told) if told.isdecimal() else at
