"""What a person may do with a delivery as it stands: the question that goes before each deed."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from publisher.queue.models import Delivery
from publisher.queue.orders import may_be_out
from publisher.queue.states import State


class Deed(TextChoices):
    RETRY = "retry", _("Take up again")
    CONFIRM = "confirm", _("Confirm: it is out")
    DENY = "deny", _("Deny: it is not out")
    HOLD = "hold", _("Hold back")
    CANCEL = "cancel", _("Give up")


POSSIBLE: Mapping[State, tuple[Deed, ...]] = {
    State.PLANNED: (Deed.CANCEL,),
    State.WAITING: (Deed.HOLD, Deed.CANCEL),
    State.UNCERTAIN: (Deed.CONFIRM, Deed.DENY, Deed.CANCEL),
    State.HELD: (Deed.RETRY, Deed.CONFIRM, Deed.DENY, Deed.CANCEL),
}
"""By state; in all others a worker has it, or nothing can be done any more."""


def possible(delivery: Delivery) -> tuple[Deed, ...]:
    """What a person may do with it now, the most likely first."""
    found = POSSIBLE.get(State(delivery.state), ())
    if delivery.state == State.HELD and not may_be_out(delivery):
        # Never begun: to say that it is not out would be to take it up again.
        return tuple(deed for deed in found if deed is not Deed.DENY)
    return found
