"""Sending mail: checkpoints, and whatever else people must be told."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMessage, get_connection

from channels.errors import CredentialsRefused, Text
from publisher.log import checkpoints
from publisher.log.models import Checkpoint
from publisher.office import MailSection, Office
from publisher.wording import sentence

SMTP = "django.core.mail.backends.smtp.EmailBackend"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. ``mark`` names it for ever, so that one that was sent twice is seen to be the same.

    ``attachment`` is the name of a text file and what stands in it.
    """

    address: str
    subject: str
    body: str
    mark: str
    attachment: tuple[str, str] | None = None


def send(office: Office, checkpoint: Checkpoint, address: str) -> None:
    """Hand a checkpoint over to the office's mail server, for ``address``. Raises as ``hand_over``."""
    subject = Text("{office}: checkpoint of the publication log, entry {number}", **_about(office, checkpoint))
    body = Text(
        "This is the checkpoint of the publication log of {office} up to entry {number}. Keep this message: with it "
        "can be proven later whether the log is still what it was.",
        **_about(office, checkpoint),
    )
    content = checkpoints.text(checkpoint)
    hand_over(
        office,
        Letter(
            address,
            sentence(subject),
            f"{sentence(body)}\n\n{content}",
            f"checkpoint.{checkpoint.digest}",
            (checkpoints.file_name(office, checkpoint), content),
        ),
    )


def hand_over(office: Office, letter: Letter) -> None:
    """Hand a message over to the office's mail server.

    Raises OSError: the server cannot be reached or does not take it. Raises CredentialsRefused: a secret is missing.
    """
    if office.mail is None:
        raise ValueError("no mail server is configured")
    domain = office.mail.sender.rpartition("@")[2]
    server = get_connection(SMTP, fail_silently=False, **_options(office.mail))
    message = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        from_email=office.mail.sender,
        to=[letter.address],
        headers={"Message-ID": f"<{letter.mark}@{domain}>"},
        attachments=[(*letter.attachment, "text/plain")] if letter.attachment else None,
        connection=server,
    )
    try:
        message.send()
    except UnicodeEncodeError:
        raise CredentialsRefused("User name and password of the mail server may only have ASCII letters.") from None
    finally:
        server.close()


def reason(error: OSError) -> str:
    """What the mail server, or the way to it, has against it."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {words.decode(errors='replace')}" for code, words in error.recipients.values())
    return error.strerror or str(error) or type(error).__name__


def _about(office: Office, checkpoint: Checkpoint) -> dict[str, object]:
    return {"office": office.name, "number": checkpoint.number}


def _options(mail: MailSection) -> dict[str, Any]:
    return {
        "host": mail.host,
        "port": mail.port or PORTS[mail.security],
        "username": mail.username.reveal() if mail.username else "",
        "password": mail.password.reveal() if mail.password else "",
        "use_tls": mail.security == "starttls",
        "use_ssl": mail.security == "tls",
        "timeout": TIMEOUT_S,
    }
