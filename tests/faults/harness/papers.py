"""Newspapers that take mail and SFTP, served beside the platforms' stand-ins; what they got lies in the home's folders.

The home is put back before each case, and with it what the editors have.
"""

from __future__ import annotations

import os
import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from django.conf import settings

from tests.channels import sftp_server
from tests.channels.mail_server import PASSWORD, USER, Editors, Mailbox, MailServer

MAILS, SHELF = "mails", "sftp"
"""Folders of the home."""

MAIL, SFTP = "papermail", "papersftp"
"""Keys of their channels."""

SECRETS = {"PAPER_USER": USER.decode(), "PAPER_CODE": PASSWORD.decode(), "PAPER_PASSWORD": sftp_server.PASSWORD}

TABLES = """
[channels.papermail]
kind = "newspaper"
name = "邮箱报"
deliver = "smtp:editor@daily.example.cn"
formats = ["txt"]
timeout_s = 2
issues = {{ {deadline} }}

[channels.papermail.mail]
host = "127.0.0.1"
port = {smtp}
username = "env:PAPER_USER"
password = "env:PAPER_CODE"
sender = "office@example.gov.cn"
ca_file = "{ca_file}"
imap_host = "127.0.0.1"
imap_port = {imap}

[channels.papersftp]
kind = "newspaper"
name = "目录报"
deliver = "sftp:kzj@127.0.0.1:{sftp}/"
formats = ["txt"]
timeout_s = 2
issues = {{ {deadline} }}

[channels.papersftp.sftp]
host_key = "{host_key}"
password = "env:PAPER_PASSWORD"
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where they listen, and how they are known."""

    smtp: int
    imap: int
    sftp: int
    host_key: str
    ca_file: str

    def tables(self, deadline: str) -> str:
        """Their channels for the configuration of an office."""
        return TABLES.format(deadline=deadline, **{name: getattr(self, name) for name in self.__slots__})


class KeptMails(list[str]):
    """The names of all mails that were taken, as the folder of sent mail has them."""

    def __iter__(self) -> Iterator[str]:
        return iter(str(mail["Message-ID"]) for mail in mails(Path(settings.PUBLISHER_HOME)))


class KeepingEditors(Editors):
    """Editors whose mails lie in a folder, each a file that is whole or not there."""

    async def handle_DATA(self, *asked: Any) -> str:  # noqa: N802 - aiosmtpd's own name
        folder = Path(settings.PUBLISHER_HOME) / MAILS
        folder.mkdir(exist_ok=True)
        draft = folder / f".{uuid.uuid4().hex}"
        draft.write_bytes(asked[2].original_content or b"")
        draft.rename(folder / f"{len(list(folder.iterdir())):04d}-{draft.name[1:9]}.eml")
        return "250 queued"


def serve(folder: Path) -> Addresses:
    """Serve until this process ends; ``folder`` gets the certificate to trust."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = folder / "papers.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    mail, box = MailServer(KeepingEditors(), context), Mailbox(context, KeptMails())
    shelf = sftp_server.SftpServer(Path(os.environ["PUBLISHER_HOME"]) / SHELF)
    for server in (mail, box, shelf):
        server.start()
    return Addresses(mail.address, box.port, shelf.port, shelf.host_key, str(ca_file))


def mails(home: Path) -> list[EmailMessage]:
    """What the editors got by mail, in order."""
    files = sorted((home / MAILS).glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
