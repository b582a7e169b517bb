"""What will happen, in a sentence, before somebody does it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from channels.errors import CredentialsRefused
from publisher.queue import companions
from publisher.queue.deeds import Deed
from publisher.queue.models import Action, Delivery
from publisher.queue.orders import may_be_out
from publisher.queue.states import State
from publisher.web.rows import Scene
from publisher.web.words import channel_name


def consequence(around: Scene, deed: Deed, delivery: Delivery) -> str:
    """What ``deed`` does to this delivery as it stands, and to what goes out with it."""
    leader = companions.lead(delivery)
    others = len(companions.carried(leader))
    own = _consequence(around, deed, leader if others else delivery)
    is_alone = others == 0 or (deed is Deed.CANCEL and not _is_given_up(leader))
    for_all = _("Others go out with it ({count}): what is decided holds for all of them.").format(count=others)
    return own if is_alone else f"{own} {for_all}"


def _consequence(around: Scene, deed: Deed, delivery: Delivery) -> str:
    name = channel_name(around.office, delivery.channel)
    match deed:
        case Deed.RETRY:
            return _retry(around, delivery, name)
        case Deed.CONFIRM:
            return _("On your word it counts as done on {channel}, from now on. Nothing is sent.").format(channel=name)
        case Deed.DENY:
            return _("It is sent to {channel} again. Were it there after all, it would be there twice.").format(
                channel=name
            )
        case Deed.HOLD:
            return _("It is not sent to {channel} until somebody takes it up again.").format(channel=name)
        case Deed.CANCEL:
            return _cancel(delivery, name)


def _retry(around: Scene, delivery: Delivery, name: str) -> str:
    if delivery.accepted is not None:
        return _("{channel} is asked for the proof again. Nothing is sent.").format(channel=name)
    if may_be_out(delivery):
        return _("The program looks again whether it is out on {channel}. Nothing is sent twice.").format(channel=name)
    if delivery.channel in around.paused and (delivery.error or {}).get("kind") == CredentialsRefused.__name__:
        return _("{channel} is no longer paused, and it is sent there.").format(channel=name)
    starts_at = delivery.revision.publish_at
    if starts_at is not None and starts_at > around.now:
        local = starts_at.astimezone(around.office.timezone)
        return _("It is sent to {channel} at its time, {time}.").format(channel=name, time=f"{local:%Y-%m-%d %H:%M}")
    sentences = {
        Action.PUBLISH: _("It is sent to {channel} now."),
        Action.CORRECT: _("The correction is sent to {channel} now."),
        Action.RECALL: _("It is taken back from {channel} now."),
        Action.MARK: _("It is marked as withdrawn on {channel} now."),
        Action.NOTICE: _("The correction notice is sent to {channel} now."),
    }
    return sentences[Action(delivery.action)].format(channel=name)


def _is_given_up(delivery: Delivery) -> bool:
    """Whether nobody will know what became of it, where it is cancelled."""
    return delivery.state == State.UNCERTAIN or (delivery.state == State.HELD and may_be_out(delivery))


def _cancel(delivery: Delivery, name: str) -> str:
    if _is_given_up(delivery):
        return _("It is given up. Nobody knows whether it is out on {channel}, and the lists keep saying so.").format(
            channel=name
        )
    if delivery.action == Action.PUBLISH:
        return _("It does not go out on {channel}, and this cannot be undone.").format(channel=name)
    return _("What is out on {channel} stays as it is.").format(channel=name)
