"""Whose account it is that somebody signs in to elsewhere."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from channels.errors import Text
from publisher.people.models import Account

LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core, 2)."""


class NotKnown(Exception):
    """Somebody who signed in elsewhere and may not come in here; ``text`` says why, and who can help."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


@transaction.atomic
def by_openid(issuer: str, subject: str, name: str) -> User:
    """The account of whoever the provider calls ``subject``.

    The first time it is the one of that user name. From then on the subject alone counts: a name may be given to
    somebody else later, a subject never (OpenID Connect Core, 2). Raises NotKnown.
    """
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotKnown(Text("There is no account {name} here: ask the administrator to make one.", name=name or "“”"))
    key = f"{issuer} {subject}"
    known = Account.objects.select_related("user").filter(subject=key).first()
    user = known.user if known else _claim(key, name)
    if not user.is_active:
        raise NotKnown(Text("The account {name} is deactivated: ask the administrator.", name=user.get_username()))
    return user


def _claim(key: str, name: str) -> User:
    user = User.objects.select_for_update().filter(username=name).first() if name else None
    if user is None:
        raise NotKnown(Text("There is no account {name} here: ask the administrator to make one.", name=name or "“”"))
    account, _is_new = Account.objects.get_or_create(user=user)
    if account.subject:
        raise NotKnown(
            Text(
                "Until now somebody else signed in as {name} there: ask the administrator to remove that link.",
                name=name,
            )
        )
    account.subject = key
    account.save(update_fields=["subject"])
    return user


def unlink(user: User) -> bool:
    """Let the next person of that name be them. Whether there was a link."""
    return bool(Account.objects.filter(user=user).exclude(subject="").update(subject=""))
