"""The states of a delivery and of an issue with the only moves between them; the states of a recall on each channel."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from publisher.log.events import Event


class State(TextChoices):
    PLANNED = "planned", _("planned, after what is under way")
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    ACCEPTED = "accepted", _("accepted, proof outstanding")
    UNCERTAIN = "uncertain", _("outcome unknown, being looked for")
    HELD = "held", _("waits for a person")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("given up")
    CANCELLED = "cancelled", _("cancelled")


class Sight(TextChoices):
    """What the last look at a publication showed."""

    UNSEEN = "unseen", _("not looked at yet")
    THERE = "there", _("there")
    ALTERED = "altered", _("there, and not what went out")
    MISSING = "missing", _("gone")
    ENDED = "ended", _("taken back")


class Verb(StrEnum):
    BEGIN = "begin"
    CLAIM = "claim"
    CONFIRM = "confirm"
    ACCEPT = "accept"
    REFUSE = "refuse"
    POSTPONE = "postpone"
    DOUBT = "doubt"
    HOLD = "hold"
    GIVE_UP = "give_up"
    CANCEL = "cancel"
    RELEASE = "release"
    DENY = "deny"


MOVES: dict[tuple[State, Verb], State] = {
    (State.PLANNED, Verb.BEGIN): State.WAITING,
    (State.PLANNED, Verb.HOLD): State.HELD,
    (State.PLANNED, Verb.REFUSE): State.REFUSED,
    (State.PLANNED, Verb.CANCEL): State.CANCELLED,
    (State.WAITING, Verb.CLAIM): State.SENDING,
    (State.WAITING, Verb.HOLD): State.HELD,
    (State.WAITING, Verb.CANCEL): State.CANCELLED,
    (State.SENDING, Verb.CONFIRM): State.DONE,
    (State.SENDING, Verb.ACCEPT): State.ACCEPTED,
    (State.SENDING, Verb.REFUSE): State.REFUSED,
    (State.SENDING, Verb.POSTPONE): State.WAITING,
    (State.SENDING, Verb.DOUBT): State.UNCERTAIN,
    (State.SENDING, Verb.HOLD): State.HELD,
    (State.ACCEPTED, Verb.CONFIRM): State.DONE,
    (State.ACCEPTED, Verb.REFUSE): State.REFUSED,
    (State.ACCEPTED, Verb.HOLD): State.HELD,
    (State.UNCERTAIN, Verb.CONFIRM): State.DONE,
    (State.UNCERTAIN, Verb.ACCEPT): State.ACCEPTED,
    (State.UNCERTAIN, Verb.POSTPONE): State.WAITING,
    (State.UNCERTAIN, Verb.REFUSE): State.REFUSED,
    (State.UNCERTAIN, Verb.DENY): State.WAITING,
    (State.UNCERTAIN, Verb.HOLD): State.HELD,
    (State.UNCERTAIN, Verb.GIVE_UP): State.FAILED,
    (State.HELD, Verb.RELEASE): State.WAITING,
    (State.HELD, Verb.ACCEPT): State.ACCEPTED,
    (State.HELD, Verb.DOUBT): State.UNCERTAIN,
    (State.HELD, Verb.CONFIRM): State.DONE,
    (State.HELD, Verb.DENY): State.WAITING,
    (State.HELD, Verb.CANCEL): State.CANCELLED,
    (State.HELD, Verb.GIVE_UP): State.FAILED,
}

OPEN = (State.WAITING, State.SENDING, State.ACCEPTED, State.UNCERTAIN, State.HELD)
FINAL = (State.DONE, State.REFUSED, State.FAILED, State.CANCELLED)
UNDONE = (State.REFUSED, State.FAILED, State.CANCELLED)
"""Final states of what did not do what it was for."""
MACHINE = (State.WAITING, State.ACCEPTED, State.UNCERTAIN)
"""States in which the next step is the program's own, at ``due_at``. A planned delivery begins when the one before it
on the same item and channel has ended; one being sent is its worker's, until that worker is dead or late."""

EVENTS: dict[tuple[State, Verb], Event] = {
    (State.SENDING, Verb.ACCEPT): Event.ACCEPTED,
    (State.UNCERTAIN, Verb.ACCEPT): Event.ACCEPTED,
    (State.SENDING, Verb.REFUSE): Event.REFUSED,
    (State.ACCEPTED, Verb.REFUSE): Event.REFUSED,
    (State.UNCERTAIN, Verb.REFUSE): Event.REFUSED,
    (State.SENDING, Verb.DOUBT): Event.DOUBTED,
    (State.UNCERTAIN, Verb.POSTPONE): Event.ABSENT,
    (State.UNCERTAIN, Verb.DENY): Event.DENIED,
    (State.HELD, Verb.DENY): Event.DENIED,
    (State.PLANNED, Verb.HOLD): Event.HELD,
    (State.WAITING, Verb.HOLD): Event.HELD,
    (State.SENDING, Verb.HOLD): Event.HELD,
    (State.ACCEPTED, Verb.HOLD): Event.HELD,
    (State.UNCERTAIN, Verb.HOLD): Event.HELD,
    (State.HELD, Verb.RELEASE): Event.RESUMED,
    (State.HELD, Verb.ACCEPT): Event.RESUMED,
    (State.HELD, Verb.DOUBT): Event.RESUMED,
    (State.UNCERTAIN, Verb.GIVE_UP): Event.FAILED,
    (State.HELD, Verb.GIVE_UP): Event.FAILED,
    (State.PLANNED, Verb.REFUSE): Event.REFUSED,
    (State.PLANNED, Verb.CANCEL): Event.CANCELLED,
    (State.WAITING, Verb.CANCEL): Event.CANCELLED,
    (State.HELD, Verb.CANCEL): Event.CANCELLED,
}
"""What a move writes into the log. A claim, a postponed attempt and a planned action that begins are not facts of
record; a confirmation is one whose word depends on the action and the channel: published, handed over, corrected,
recalled."""


class RecallKind(TextChoices):
    """Why something is taken back; the time there is for it hangs on it."""

    ERROR = "error", _("published in error")
    SUPERSEDED = "superseded", _("superseded")
    LAW = "law", _("repealed, or withdrawn by law")
    SECRECY = "secrecy", _("must not be public: secret or personal")


STAYING = frozenset({RecallKind.LAW})
"""What is taken back for these reasons stays to be read, marked, wherever a channel can do that."""


class LineState(TextChoices):
    """What became of a recall on one channel."""

    UNDER_WAY = "under_way", _("the program is at it")
    BY_HAND = "by_hand", _("a person must act there")
    NOTICE = "notice", _("a correction notice is due")
    REMOVED = "removed", _("removed, and read back as gone")
    DECLARED = "declared", _("removed by hand, with a person's evidence")
    MARKED = "marked", _("stays, marked as withdrawn")
    REPLACED = "replaced", _("replaced")
    ANSWERED = "answered", _("answered by a printed correction notice")
    ABSENT = "absent", _("not out there: nothing to do")
    KEPT = "kept", _("stays there by decision")


OPEN_LINES = (LineState.UNDER_WAY, LineState.BY_HAND, LineState.NOTICE)
"""Of these channels the evidence is outstanding; all others have it and never change again."""


class IssueState(TextChoices):
    """Where an issue is: of a newspaper's column, or of a mass send."""

    COLLECTING = "collecting", _("collecting")
    CLOSED = "closed", _("closed, being handed over")
    HANDED_OVER = "handed_over", _("handed over, not known to be printed")
    SENT = "sent", _("out")
    PRINTED = "printed", _("printed")
    NOT_ACCEPTED = "not_accepted", _("not accepted")
    MISSED = "missed", _("missed")


class IssueVerb(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"
    SEND = "send"
    PRINT = "print"
    TURN_DOWN = "turn_down"
    MISS = "miss"


ISSUE_MOVES: dict[tuple[IssueState, IssueVerb], IssueState] = {
    (IssueState.COLLECTING, IssueVerb.CLOSE): IssueState.CLOSED,
    (IssueState.COLLECTING, IssueVerb.MISS): IssueState.MISSED,
    (IssueState.CLOSED, IssueVerb.REOPEN): IssueState.COLLECTING,
    (IssueState.CLOSED, IssueVerb.HAND_OVER): IssueState.HANDED_OVER,
    (IssueState.CLOSED, IssueVerb.SEND): IssueState.SENT,
    (IssueState.CLOSED, IssueVerb.MISS): IssueState.MISSED,
    (IssueState.HANDED_OVER, IssueVerb.PRINT): IssueState.PRINTED,
    (IssueState.HANDED_OVER, IssueVerb.TURN_DOWN): IssueState.NOT_ACCEPTED,
    (IssueState.HANDED_OVER, IssueVerb.MISS): IssueState.MISSED,
}

OPEN_ISSUES = (IssueState.COLLECTING, IssueState.CLOSED, IssueState.HANDED_OVER)
"""Something is still to be done about them; the others stay what they are."""


class Outcome(TextChoices):
    """What became of one item of an issue; empty while that is open."""

    PRINTED = "printed", _("printed")
    NOT_ACCEPTED = "not_accepted", _("not accepted")
    WITHDRAWN = "withdrawn", _("withdrawn before printing")
