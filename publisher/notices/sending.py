"""Sending notices by mail."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from channels.errors import CredentialsRefused, Text
from publisher.log import mailing
from publisher.log.mailing import Letter
from publisher.notices.actions import text_of
from publisher.notices.models import NoticeSending
from publisher.office import Office
from publisher.wording import sentence


class NotSent(Exception):
    """It was not taken; ``text`` says why, without any secret."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


def due(office: Office, now: datetime) -> QuerySet[NoticeSending]:
    """What is to be sent by now, to addresses that are still named, of what is not settled."""
    waiting = NoticeSending.objects.filter(sent_at=None, due_at__lte=now)
    return waiting.filter(notice__office=office.slug, notice__settled_at=None, address__in=office.notices.mail)


def send(office: Office, sending: NoticeSending) -> None:
    """Send one. Raises NotSent."""
    notice = sending.notice
    title, remedy = text_of(notice.title), text_of(notice.remedy)
    subject = f"{office.name}: {sentence(title)}" if title else office.name
    body = "\n\n".join(sentence(text) for text in (title, remedy) if text)
    try:
        mailing.hand_over(office, Letter(sending.address, subject, body, f"notice.{notice.pk}.{sending.pk}"))
    except CredentialsRefused as error:
        raise NotSent(error.text) from None
    except OSError as error:
        raise NotSent(Text("The mail server did not take it: {reason}", reason=mailing.reason(error))) from None
