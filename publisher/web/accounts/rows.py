"""Channels as the page of accounts shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.base import Quota
from channels.errors import CredentialsRefused
from channels.secret import Secret
from publisher.credentials import standings
from publisher.credentials.models import Credential, Standing
from publisher.office import ChannelEntry, Office
from publisher.queue import SYSTEM, slots
from publisher.queue.literal import IS_OPEN
from publisher.queue.looking.credentials import NOTICE_DAYS, has_ended, notice_days
from publisher.queue.models import Account, Delivery, Usage
from publisher.queue.states import State
from publisher.web.rows import Chip, Scene
from publisher.wording import error_sentence, sentence

KINDS: Mapping[str, Promise] = {
    "website": gettext_lazy("Website"),
    "wechat": gettext_lazy("WeChat official account"),
    "weibo": gettext_lazy("Weibo"),
    "newspaper": gettext_lazy("Newspaper column"),
}

QUOTAS: Mapping[str, Promise] = {
    "posts_per_hour": gettext_lazy("posts this hour"),
    "calls_per_day": gettext_lazy("calls today"),
    "submits_per_day": gettext_lazy("submissions today"),
    "confirms_per_day": gettext_lazy("confirmations today"),
    "lookups_per_day": gettext_lazy("look-ups today"),
    "articles_per_day": gettext_lazy("looks at single articles today"),
    "deletes_per_day": gettext_lazy("deletions today"),
    "sends_per_day": gettext_lazy("mass sends today"),
    "sends_per_month": gettext_lazy("mass sends this month"),
}

METRICS: Mapping[str, Promise] = {"followers": gettext_lazy("followers")}

SECRETS: Mapping[str, Promise] = {
    "access_token": gettext_lazy("access token"),
    "app_id": gettext_lazy("app id"),
    "app_secret": gettext_lazy("app secret"),
    "callback_token": gettext_lazy("callback token"),
    "callback_aes_key": gettext_lazy("callback key"),
    "app_password": gettext_lazy("password"),
    "username": gettext_lazy("user name"),
}


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret the channel's settings refer to: where it is, and what is wrong with it there."""

    name: str
    place: str
    wrong: str


@dataclass(frozen=True, slots=True)
class QuotaRow:
    name: str
    used: int
    limit: int
    until: datetime

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.limit


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One channel.

    Attributes:
        host: where its interface is, empty where it has none.
        chip: whether it sends; ``pause`` is the account's row where it does not, ``why`` its reason.
        waiting: deliveries that wait to be sent there.
        credentials: how they stand, None where there is nothing to say; ``days_left`` until they end.
        kept: what somebody brought by signing in here.
        can_be_asked, can_sign_in: what may be done about the credentials.
    """

    entry: ChannelEntry
    kind: str
    host: str
    chip: Chip
    pause: Account | None
    why: str
    waiting: int
    credentials: Chip | None
    wrong: str
    standing: Standing | None
    ends_at: datetime | None
    days_left: int | None
    kept: Credential | None
    secrets: Sequence[SecretRow]
    quotas: Sequence[QuotaRow]
    metrics: Sequence[tuple[str, int]]
    can_be_asked: bool
    can_sign_in: bool
    redirect_uri: str

    paused_by: str = ""
    signed_in_by: str = ""

    @property
    def has_facts(self) -> bool:
        return bool(self.credentials or self.quotas or self.waiting)

    @property
    def paused_itself(self) -> bool:
        return self.pause is not None and self.pause.paused_by == SYSTEM


def account_rows(around: Scene) -> list[AccountRow]:
    """Every channel in the order of the file; the number of questions does not depend on how much there is."""
    office, now = around.office, around.now
    waiting = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.WAITING)
    counts = dict(waiting.values_list("channel").annotate(Count("pk")))
    newest, kept, used = standings.newest(office), standings.kept(office), _usages(office, now)
    return [
        _row(around, entry, newest.get(key), kept, counts.get(key, 0), used) for key, entry in office.channels.items()
    ]


Used = Mapping[tuple[str, str, datetime], int]


def _row(
    around: Scene,
    entry: ChannelEntry,
    standing: Standing | None,
    kept: Mapping[str, Credential],
    waiting: int,
    used: Used,
) -> AccountRow:
    pause, sign_in = around.paused.get(entry.key), entry.channel.sign_in
    mine = kept.get(sign_in.keeps_as) if sign_in else None
    secrets = list(_secrets(entry))
    why = error_sentence(pause.pause) if pause else ""
    wrong = error_sentence(standing.error) if standing else ""
    ends_at = standing.ends_at if standing else mine.ends_at if mine else None
    return AccountRow(
        entry=entry,
        kind=str(KINDS.get(entry.kind, entry.kind)),
        host=urlsplit(str(getattr(entry.options, "api_base", ""))).netloc,
        chip=Chip("bad", _("paused")) if pause else Chip("good", _("sends")),
        pause=pause,
        why=why,
        waiting=waiting,
        credentials=_chip(standing, secrets, around.now, can_be_asked=entry.channel.capabilities.standing),
        wrong=wrong if wrong != why else "",
        standing=standing,
        ends_at=ends_at,
        days_left=max(0, (ends_at - around.now).days) if ends_at else None,
        kept=mine,
        secrets=secrets,
        quotas=[_quota(entry.key, quota, used, around.now) for quota in entry.channel.limits.quotas],
        metrics=_metrics(standing),
        can_be_asked=entry.channel.capabilities.standing,
        can_sign_in=sign_in is not None,
        redirect_uri=sign_in.redirect_uri if sign_in else "",
        paused_by=around.names[pause.paused_by] if pause else "",
        signed_in_by=around.names[mine.signed_in_by] if mine else "",
    )


def _chip(standing: Standing | None, secrets: Sequence[SecretRow], now: datetime, *, can_be_asked: bool) -> Chip | None:
    if any(secret.wrong for secret in secrets):
        return Chip("bad", _("not there"))
    if standing is None:
        return Chip("calm", _("not asked yet") if can_be_asked else _("set")) if secrets else None
    if standing.error:
        return Chip("bad", _("not accepted there"))
    if has_ended(standing, now):
        return Chip("bad", _("ended"))
    days = notice_days(standing, now)
    if days is not None:
        return Chip("bad" if days <= NOTICE_DAYS[-2] else "person", _("ends soon"))
    return Chip("good", _("good"))


def _metrics(standing: Standing | None) -> list[tuple[str, int]]:
    found: Mapping[str, int] = standing.metrics if standing else {}
    return [(str(METRICS.get(name, name)), count) for name, count in found.items()]


def _secrets(entry: ChannelEntry) -> Iterator[SecretRow]:
    for name, value in dict(entry.options).items():
        if isinstance(value, Secret):
            yield SecretRow(str(SECRETS.get(name, name)), _place(value), _wrong(value))


def _place(secret: Secret) -> str:
    """Where a secret comes from, in words."""
    scheme, _colon, name = secret.reference.partition(":")
    if scheme == "env":
        return _("environment variable {name}").format(name=name)
    return _("kept here, encrypted") if scheme == "desk" else _("file {name}").format(name=name)


def _wrong(secret: Secret) -> str:
    try:
        secret.reveal()
    except CredentialsRefused as error:
        return sentence(error.text)
    return ""


def _usages(office: Office, now: datetime) -> Used:
    """What was used of the quotas, by channel, quota and begin of the window."""
    since = slots.window_start(Quota("", 0, "month"), now)
    rows = Usage.objects.filter(account__office=office.slug, begins_at__gte=since, begins_at__lte=now)
    found = rows.values_list("account__channel", "quota", "begins_at", "used")
    return {(channel, quota, begins_at.astimezone(slots.BEIJING)): used for channel, quota, begins_at, used in found}


def _quota(channel: str, quota: Quota, used: Used, now: datetime) -> QuotaRow:
    begins_at = slots.window_start(quota, now)
    count = used.get((channel, quota.name, begins_at), 0)
    return QuotaRow(str(QUOTAS.get(quota.name, quota.name)), count, quota.limit, slots.window_end(quota, now))
