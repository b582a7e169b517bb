"""Words instead of codes: states, grades of evidence, people, and who must act."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.office import Office
from publisher.queue import SYSTEM
from publisher.queue.diagnosis.deliveries import ADMINISTRATORS
from publisher.queue.models import Account, Action, Delivery
from publisher.queue.moves import outcome
from publisher.queue.states import State
from publisher.queue.visits.claims import OVERDUE
from publisher.wording import error_sentence


def state_word(office: Office, delivery: Delivery) -> str:
    """The state; a finished delivery in the word of its channel: readers can see it, or somebody prints it."""
    state = State(delivery.state)
    entry = office.channels.get(delivery.channel)
    if state is State.DONE and entry is not None:
        return str(outcome(delivery, entry).label)
    if delivery.action != Action.PUBLISH:
        word = _("in the queue") if state is State.WAITING else state.label
        return f"{Action(delivery.action).label}: {word}"
    return str(state.label)


def channel_name(office: Office, key: str) -> str:
    entry = office.channels.get(key)
    return entry.name if entry else key


def column_name(office: Office, key: str) -> str:
    column = office.columns.get(key)
    return column.name if column else key


def next_step(office: Office, delivery: Delivery) -> str:
    """Who must act, or that nobody must; empty where there is nothing to say."""
    match State(delivery.state):
        case State.PLANNED:
            return _("It begins when what is under way on this channel has ended.")
        case State.WAITING:
            return _waiting(office, delivery)
        case State.ACCEPTED:
            return _("Nobody must act: the platform has it and is asked for the proof.")
        case State.UNCERTAIN:
            return _("Nobody must act yet: the program keeps looking for it and sends nothing twice.")
        case State.HELD:
            return _held(delivery)
        case State.REFUSED:
            return _("The editor must act: change the text and submit it again.")
        case State.FAILED:
            return _("Nobody knows whether it is out: look on the platform before sending it another way.")
    return ""


def pause_reason(account: Account) -> str:
    """Why nothing new is sent on a channel."""
    reason = error_sentence(account.pause)
    return _("The channel is paused. {reason}").format(reason=reason or actor_name(account.paused_by)).strip()


def paused_step() -> str:
    return _("The administrator must act: mend the cause, then let the channel go on.")


def doubtful_step() -> str:
    """Of what has been in doubt for long."""
    return _("Look on the platform, then confirm or deny it here. The program keeps looking, too.")


def _waiting(office: Office, delivery: Delivery) -> str:
    giver = delivery.waits_for
    if giver is not None and giver.state != State.DONE:
        name = channel_name(office, giver.channel)
        return _("It goes out when {channel} has given its address.").format(channel=name)
    return _("Nobody must act: it is tried again.") if delivery.error else ""


def _held(delivery: Delivery) -> str:
    kind = (delivery.error or {}).get("kind", "")
    if kind == OVERDUE:
        return _("A person must decide: take it up again if it is still good, else cancel it.")
    if kind in ADMINISTRATORS:
        return _("The administrator must act: remove the cause, then have it taken up again.")
    if kind == "ProductRefused":
        return _("The editor must act: change the text and submit it again.")
    return _("A person must act: do what the reason says, then have it taken up again.")


def evidence_word(grade: str) -> str:
    """How well a publication is proven."""
    words = {
        "E0": _("a person said so"),
        "E1": _("the platform's answer said so"),
        "E2": _("read back from where it is published"),
        "E3": _("read back, and a copy is kept"),
    }
    return words.get(grade, grade)


def actor_name(actor: str) -> str:
    """Who did something."""
    if actor == SYSTEM:
        return _("the program")
    scheme, _colon, name = actor.partition(":")
    if scheme == "token" and name:
        return _("{name} (another program)").format(name=name)
    return _("{name} (command line)").format(name=name) if scheme == "cli" and name else actor


def web_address(url: str) -> str:
    """``url`` where it may stand in a link. A platform or a person gave it, and ``javascript:`` is an address too."""
    return url if url.startswith(("https://", "http://")) else ""


BROWSERS = {"Edg": "Edge", "QQBrowser": "QQ", "Firefox": "Firefox", "Chrome": "Chrome"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "Mac OS X": "macOS", "Linux": "Linux"}
"""What user agents call them, the more telling word first: most of them claim to be several."""


def browser_name(agent: str) -> str:
    """A browser and its system, e.g. ``Chrome 90, Linux``; the beginning of what it says where neither is known."""
    browser = next((f"{name} {found}" for token, name in BROWSERS.items() if (found := _version(token, agent))), "")
    system = next((name for token, name in SYSTEMS.items() if token in agent), "")
    return ", ".join(filter(None, (browser, system))) or agent[:40]


def _version(token: str, agent: str) -> str:
    found = re.search(rf"{token}/(\d+)", agent)
    return found[1] if found else ""


WAYS = {
    "freepublish": gettext_lazy("published without a push (发布)"),
    "mass": gettext_lazy("pushed to subscribers (群发)"),
    "by_hand": gettext_lazy("published by a person on the platform"),
    "replaced": gettext_lazy("the package in the newspaper's folder was replaced"),
    "replaced_late": gettext_lazy(
        "a new package; the newspaper had fetched the earlier one, a notice says not to use it"
    ),
    "replaced_by_mail": gettext_lazy("a mail that replaces the earlier one"),
    "withdrawn": gettext_lazy("the package was taken out of the newspaper's folder"),
}
"""How something went out, where a channel has several ways."""


def way_name(mode: str) -> str:
    """The way in words; a mode nobody has named stays as it is."""
    return str(WAYS.get(mode, mode))
