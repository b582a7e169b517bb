"""A mail server for tests, which keeps what it is given."""

from __future__ import annotations

import email
import email.policy
from typing import Any

from aiosmtpd.smtp import Envelope


class Postbox:
    """What a mail server keeps, and whether it takes it."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answer = ""

    async def handle_RCPT(self, *call: Any) -> str:  # noqa: N802 - the server's own name
        _server, _session, envelope, address, _options = call
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *call: Any) -> str:  # noqa: N802
        self.envelopes.append(call[2])
        return "250 OK"

    def messages(self) -> list[Any]:
        return [email.message_from_bytes(each.content, policy=email.policy.default) for each in self.envelopes]
