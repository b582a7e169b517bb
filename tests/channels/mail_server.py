"""A real mail server on loopback that keeps what it was sent and misbehaves on request, and a mailbox beside it."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = b"office@example.gov.cn", b"authorisation code"


@dataclass
class Editors:
    """The mailbox of the newspaper's editors. ``says`` is what the server answers at a command instead of its own.

    ``sent`` is the sender's folder of sent mail, where there is one; ``hangs_up`` once, behind a message it took.
    """

    mails: list[Message] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    hangs_up: bool = False

    async def handle_MAIL(self, *asked: Any) -> str:  # noqa: N802 - aiosmtpd's own name
        _server, _session, envelope, address, _options = asked
        if "MAIL" in self.says:
            return self.says["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, *asked: Any) -> str:  # noqa: N802 - aiosmtpd's own name
        _server, _session, envelope, address, _options = asked
        if "RCPT" in self.says:
            return self.says["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *asked: Any) -> str:  # noqa: N802 - aiosmtpd's own name
        server, _session, envelope = asked
        content = envelope.original_content or b""
        if "DATA" in self.says:
            return self.says["DATA"]
        self.mails.append(message_from_bytes(content, policy=default))
        self.sent.append(str(self.mails[-1]["Message-ID"]))
        if self.hangs_up:
            self.hangs_up = False
            server.transport.close()
        return "250 queued as 4711"


def sign_in(*asked: object) -> AuthResult:
    given = asked[-1]
    is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER, PASSWORD)
    return AuthResult(success=is_right, handled=False)


class MailServer(Controller):
    """Takes mail by STARTTLS, and only from who knows the password."""

    def __init__(self, editors: Editors, context: ssl.SSLContext) -> None:
        super().__init__(
            editors,
            hostname="127.0.0.1",
            port=0,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=sign_in,
        )

    @property
    def address(self) -> int:
        assert self.server is not None
        number: int = self.server.sockets[0].getsockname()[1]
        return number

    def _trigger_server(self) -> None:
        """Nothing to trigger: the port is only known afterwards."""
        with socket.create_connection(("127.0.0.1", self.address), 1):
            pass


class Mailbox(threading.Thread):
    """The folder of sent mail as IMAP shows it: just the commands a look needs."""

    def __init__(self, context: ssl.SSLContext, sent: list[str] | None = None) -> None:
        super().__init__(daemon=True)
        self.sent = [] if sent is None else sent
        self.folder = "Sent"
        self.commands: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context = context

    @property
    def port(self) -> int:
        number: int = self._listening.getsockname()[1]
        return number

    def run(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with self._context.wrap_socket(line, server_side=True) as spoken:
                self._serve(spoken)

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.join(5)

    def _serve(self, spoken: ssl.SSLSocket) -> None:
        spoken.sendall(b"* OK [CAPABILITY IMAP4rev1 ID] ready\r\n")
        with spoken.makefile("rb") as lines:
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command.partition(" ")[0])
                spoken.sendall(b"".join(f"{part}\r\n".encode() for part in self._answer(tag, command)))

    def _answer(self, tag: str, command: str) -> list[str]:
        name, _, rest = command.partition(" ")
        if name == "LOGIN":
            is_right = rest == f'{USER.decode()} "{PASSWORD.decode()}"'
            return [f"{tag} OK in"] if is_right else [f"{tag} NO wrong password"]
        if name == "CAPABILITY":
            return ["* CAPABILITY IMAP4rev1 ID", f"{tag} OK done"]
        if name == "UID":
            found = [str(n) for n, sent in enumerate(self.sent, start=1) if f'"{sent}"' in rest]
            return [f"* SEARCH {' '.join(found)}".strip(), f"{tag} OK done"]
        if name in ("SELECT", "EXAMINE"):
            return ["* 1 EXISTS", f"{tag} OK done"] if rest == f'"{self.folder}"' else [f"{tag} NO no such mailbox"]
        return ["* BYE", f"{tag} OK bye"] if name == "LOGOUT" else [f"{tag} OK done"]
