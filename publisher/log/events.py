"""The registered vocabulary of the log."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Event(TextChoices):
    """What can have happened. A word is never reused with another meaning; new facts get new words."""

    SUBMITTED = "submitted", _("submitted")
    RELEASED_DIRECTLY = "released_directly", _("released directly, without the approval steps")
    ACCEPTED = "accepted", _("accepted by the platform, proof outstanding")
    PUBLISHED = "published", _("published")
    HANDED_OVER = "handed_over", _("handed over to the newspaper")
    CORRECTED = "corrected", _("corrected")
    RECALL_ORDERED = "recall_ordered", _("a person ordered it to be taken back")
    RECALLED = "recalled", _("taken back")
    MARKED_WITHDRAWN = "marked_withdrawn", _("stays, marked as withdrawn")
    RECALL_ASKED = "recall_asked", _("a person asked for it to be taken back everywhere")
    RECALL_LEFT_TO_PERSON = "recall_left_to_person", _("taking back here is left to a person")
    RECALL_EVIDENCE = "recall_evidence", _("a person gave evidence of taking back")
    RECALL_SETTLED = "recall_settled", _("taking back settled here")
    RECALL_COMPLETED = "recall_completed", _("taken back everywhere, every channel has its evidence")
    NOTICE_PROPOSED = "notice_proposed", _("correction notice proposed")
    NOTICE_HANDED_OVER = "notice_handed_over", _("correction notice handed over to the newspaper")
    DOUBTED = "doubted", _("outcome unknown")
    ABSENT = "absent", _("looked for and proven not to be out")
    DENIED = "denied", _("a person says it is not out")
    HELD = "held", _("waits for a person")
    RESUMED = "resumed", _("taken up again")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("given up")
    CANCELLED = "cancelled", _("cancelled")
    CHANNEL_PAUSED = "channel_paused", _("channel paused")
    CHANNEL_RESUMED = "channel_resumed", _("channel resumed")
    CHANNEL_SIGNED_IN = "channel_signed_in", _("signed in at the platform for a channel")
    CHANNEL_SIGNED_OUT = "channel_signed_out", _("kept sign-in of a channel deleted")
    PRINTED = "printed", _("printed in the newspaper")
    NOTICE_PRINTED = "notice_printed", _("correction notice printed")
    NOT_ACCEPTED = "not_accepted", _("not accepted by the newspaper")
    ISSUE_OPENED = "issue_opened", _("issue opened")
    ISSUE_CLOSED = "issue_closed", _("issue closed")
    ISSUE_REOPENED = "issue_reopened", _("issue opened again")
    ISSUE_CHANGED = "issue_changed", _("issue changed")
    ISSUE_MISSED = "issue_missed", _("issue missed")
    BACKFILLED = "backfilled", _("backfilled")
    COLUMN_LISTED = "column_listed", _("column there at the beginning")
    COLUMN_ADDED = "column_added", _("column added")
    COLUMN_CHANGED = "column_changed", _("column changed")
    COLUMN_REMOVED = "column_removed", _("column removed")
    FIGURE_ENTERED = "figure_entered", _("figure entered")
    REPORT_FINISHED = "report_finished", _("report declared final")
    PERSON_ADDED = "person_added", _("person added")
    PERSON_CHANGED = "person_changed", _("roles or sections of a person changed")
    PERSON_LEFT = "person_left", _("person deactivated")
    PERSON_RETURNED = "person_returned", _("person activated again")
    PASSWORD_RESET = "password_reset", _("one-time password given")
    SECOND_FACTOR_SET = "second_factor_set", _("second factor set up")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("second factor removed")
    SIGN_IN_UNLINKED = "sign_in_unlinked", _("link to an account elsewhere removed")
    PERSON_UNLOCKED = "person_unlocked", _("sign-in unlocked")
    TOKEN_CREATED = "token_created", _("token for another program made")
    TOKEN_REVOKED = "token_revoked", _("token for another program revoked")
    REVIEW_OPENED = "review_opened", _("sent up for approval")
    STEP_APPROVED = "step_approved", _("approved at a step")
    APPROVAL_STANDS = "approval_stands", _("earlier approval of a step stands, nothing it is about was changed")
    SENT_BACK = "sent_back", _("sent back")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("taken back from approval")
    RELEASED = "released", _("released after all steps of the approval")
    RELEASED_IN_EMERGENCY = "released_in_emergency", _("released in an emergency, before the approval")
    EMERGENCY_CONFIRMED = "emergency_confirmed", _("emergency release confirmed afterwards")
    EMERGENCY_OBJECTED = "emergency_objected", _("emergency release objected to afterwards")
    SEEN = "seen", _("seen where it was published")
    ALTERED = "altered", _("seen where it was published, and it is not what went out")
    MISSING = "missing", _("no longer found where it was published")
    ARCHIVE_IMPORTED = "archive_imported", _("an older log imported read-only")


DATED = frozenset({Event.PRINTED, Event.NOTICE_PRINTED, Event.BACKFILLED})
"""Events a person or another place dates: what happened on paper or before the program was there. All others happened
on the day they were written."""


def word(event: str) -> str:
    """An event in the reader's language; one that another version of the program wrote stays as it is."""
    return str(Event(event).label) if event in Event.values else event
