"""Handing over by mail: one message with the whole package, the same name for every attempt.

A mail server answers when it has taken the message; if that answer is lost, nobody knows. Then the folder of sent mail
shows it where the provider keeps one, and otherwise a person decides. The message is never sent again out of doubt.

What was mailed cannot be fetched back: a correction is a second mail that says which one it replaces, and withdrawing
is a request, of which only the newspaper's answer says what came of it.
"""

from __future__ import annotations

import imaplib
import mimetypes
import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parsedate_to_datetime

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Sighting, Steps
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    NeverSent,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    Text,
    message_id,
)
from channels.newspaper.handing.package import Handing, handing_time, package, proof_of
from channels.newspaper.handing.shelf import Earlier
from channels.newspaper.handing.way import Proofs
from channels.newspaper.options import MailOptions, NewspaperOptions, addresses

PORTS = {"tls": 465, "starttls": 587, "none": 25}
OK, MADE_LONGER = 250, 1.37
"""Base64 makes files longer by a third, and lines need their ends."""
MEGABYTE = 1_000_000
MAIL_NAME = re.compile(r"<[^<>\s]+@[^<>\s]+>")
LINE_OF_A_DOT = re.compile(rb"^\.", re.MULTILINE)
"""A dot at the beginning of a line would end the message."""
LATER_S = 3600
"""QQ and 163 answer with a permanent code that one has sent too often; an hour later they take it."""
TOO_OFTEN = ("frequen", "频率", "too many", "rate limit")


class MailWay:
    """The mailbox of the newspaper's editors.

    Args:
        to: who gets it.
        timeout_s: for each answer of the server.
    """

    def __init__(self, to: Sequence[str], options: MailOptions, place: Place, timeout_s: float) -> None:
        self.to = list(to)
        self.options = options
        self.place = place
        self._timeout_s = timeout_s

    @property
    def proofs(self) -> Proofs:
        return Proofs(absence_after_s=None, look_after_s=(10, 120, 900, 3600) if self.options.imap_host else (5,))

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Send it. The connection, the password and the addresses are tried before anything is meant for good."""
        message = self.message(product, handing_time(steps))
        return _receipt(product, message, self._sent(message, steps), Evidence.ACCEPTED)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """Send a mail that says which one it replaces."""
        message = self.message(product, handing_time(steps), receipt)
        return _receipt(product, message, self._sent(message, steps), Evidence.ACCEPTED, mode="replaced_by_mail")

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """Look into the folder of sent mail, where there is one to look into. Nothing there proves nothing."""
        message = self.message(product, handing_time(steps))
        if not self._is_sent(str(message["Message-ID"])):
            return None
        return _receipt(product, message, "", Evidence.READ_BACK)

    def withdraw(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Ask by mail that it be left out. Raises PersonNeeded: that is asked, and the newspaper's answer decides."""
        answer = self._sent(self.request(receipt, handing_time(steps)), steps)
        raise PersonNeeded(
            "The newspaper was asked by mail to leave “{title}” out (the server's answer: {answer}). Confirm with what "
            "it answers, or cancel where it is too late; ask it by telephone where no answer comes.",
            title=Earlier.of(receipt).title,
            answer=answer,
        )

    def find_withdrawal(self, receipt: Receipt, steps: Steps) -> Receipt | None:
        """Look for the request in the folder of sent mail. Raises PersonNeeded: it is there."""
        request = self.request(receipt, handing_time(steps))
        if not self._is_sent(str(request["Message-ID"])):
            return None
        raise PersonNeeded(
            "The mail that asks the newspaper to leave “{title}” out is in the folder of sent mail. Confirm with what "
            "it answers, or cancel where it is too late; ask it by telephone where no answer comes.",
            title=Earlier.of(receipt).title,
        )

    def look(self, receipt: Receipt) -> Sighting:  # noqa: ARG002 - as every way is asked
        """Raises PersonNeeded: nobody can look into the newspaper's mailbox."""
        raise PersonNeeded("What was mailed to the newspaper cannot be looked at: ask its editors.")

    def check(self, product: Product) -> Sequence[Problem]:
        size = sum(len(medium.content) for medium in product.media) * MADE_LONGER
        if size <= self.options.most_mb * MEGABYTE:
            return ()
        text = Text(
            "The package has {size} MB and a mail may have {most}: send fewer or smaller pictures, or deliver by SFTP.",
            size=f"{size / MEGABYTE:.1f}",
            most=self.options.most_mb,
        )
        return (Problem("error", text),)

    def probe(self) -> list[Probe]:
        probes = [_probe(Text("Sign in at the mail server"), self._try_server)]
        if self.options.imap_host:
            probes.append(_probe(Text("Look into the folder of sent mail"), lambda: self._is_sent("<probe@invalid>")))
        return probes

    def message(self, product: Product, at: str, earlier: Receipt | None = None) -> EmailMessage:
        """The mail with every file of the package; names of files are ASCII, which old mail programs need.

        ``earlier`` proves the mail that this one replaces.
        """
        title = f"【{product.fields['column_title']}】" if product.fields["column_title"] else ""
        issue = f"（{product.issue}期）" if product.issue else ""
        subject = f"{'【更正】' if earlier else ''}{title}{product.title}{issue}"
        message = self._envelope_of(subject, at, self._message_id(product), earlier)
        replaced = Earlier.of(earlier) if earlier else None
        handing = Handing(at, replaced.name, replaced.title) if replaced else Handing(at)
        files = {_ascii(name, product): content for name, content in package(product, handing).items()}
        notice = (f"本邮件替换此前发送的《{replaced.title}》，请以本邮件为准，原稿请勿刊用。", "") if replaced else ()
        message.set_content("\n".join([*notice, *self._words(product, files)]))
        for name, content in files.items():
            main, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        return message

    def request(self, receipt: Receipt, at: str) -> EmailMessage:
        """The mail that asks the newspaper to leave out what ``receipt`` proves; its name is made of that one's."""
        earlier = Earlier.of(receipt)
        name, _, domain = receipt.remote_id.strip("<>").rpartition("@")
        sender_domain = self.options.sender.rpartition("@")[2]
        own = f"<withdrawn.{name or earlier.name}@{domain if name else sender_domain}>"
        message = self._envelope_of(f"【撤稿】{earlier.title}", at, own, receipt)
        said = f"请撤下此前发送的《{earlier.title}》，不要刊用，并请回复本邮件告知是否已撤下。"
        contact = [f"联系人：{self.options.contact}"] if self.options.contact else []
        message.set_content("\n".join([said, f"原邮件：{receipt.remote_id}", *contact]))
        return message

    def _envelope_of(self, subject: str, at: str, name: str, earlier: Receipt | None) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(subject.split())
        message["From"] = Address(self.place.office_name, addr_spec=self.options.sender)
        message["To"] = ", ".join(self.to)
        message["Date"] = format_datetime(datetime.fromisoformat(at))
        message["Message-ID"] = name
        if earlier is not None and MAIL_NAME.fullmatch(earlier.remote_id):
            message["In-Reply-To"] = message["References"] = earlier.remote_id
        return message

    def _message_id(self, product: Product) -> str:
        domain = self.options.sender.rpartition("@")[2]
        parts = [product.key, *([product.issue] if product.issue else []), product.digest[:16]]
        return f"<{'.'.join(parts)}@{domain}>"

    def _words(self, product: Product, files: dict[str, bytes]) -> Iterator[str]:
        if product.fields["column_title"]:
            yield f"栏目：{product.fields['column_title']}"
        if product.issue:
            yield f"期号：{product.issue}"
        yield f"标题：{product.title}"
        yield product.fields["byline"]
        yield f"字数：{product.fields['characters']}"
        yield f"附件：{'、'.join(files)}"
        if self.options.contact:
            yield f"联系人：{self.options.contact}"

    def _try_server(self) -> None:
        with self._server():
            pass

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """A server that knows us. Whatever goes wrong here, nothing was sent."""
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            if self.options.username is not None and self.options.password is not None:
                server.login(self.options.username.reveal(), self.options.password.reveal())
        except (OSError, smtplib.SMTPException, UnicodeEncodeError) as error:
            if server is not None:
                server.close()
            raise self._never_sent(error) from error
        try:
            yield server
        finally:
            # The mail is gone or not by now: a server that does not say goodbye changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self.options.host, self.options.port or PORTS[self.options.security]
        trusted = self._trusted()
        if self.options.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout_s, context=trusted)
        server = smtplib.SMTP(host, port, timeout=self._timeout_s)
        if self.options.security == "starttls":
            try:
                server.starttls(context=trusted)
            except (OSError, smtplib.SMTPException):
                server.close()
                raise
        server.ehlo_or_helo_if_needed()
        return server

    def _trusted(self) -> ssl.SSLContext:
        trusted = ssl.create_default_context()
        if self.options.ca_file:
            trusted.load_verify_locations(self.options.ca_file)
        return trusted

    def _never_sent(self, error: Exception) -> ChannelError:
        host = self.options.host
        if isinstance(error, smtplib.SMTPAuthenticationError):
            text = message_id(
                "The mail server {host} does not let us in ({answer}): give user name and authorisation code anew."
            )
            return CredentialsRefused(text, code=str(error.smtp_code), host=host, answer=_answer(error))
        if isinstance(error, ssl.SSLCertVerificationError):
            text = message_id(
                "The certificate of the mail server {host} cannot be trusted ({reason}): ask who runs it."
            )
            return CredentialsRefused(text, host=host, reason=error.verify_message)
        if isinstance(error, UnicodeEncodeError):
            return CredentialsRefused("User name and password of the mail server may only have ASCII letters.")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            text = message_id(
                "The mail server {host} cannot do what the configuration asks for ({reason}): correct security."
            )
            return CredentialsRefused(text, host=host, reason=str(error))
        text = message_id(
            "The mail server {host} cannot be reached or does not answer ({reason}). It will be tried again."
        )
        return NeverSent(text, host=host, reason=_answer(error))

    def _envelope(self, server: smtplib.SMTP) -> None:
        """Name sender and recipients; a server that takes none of them has sent nothing."""
        try:
            _require(server.mail(self.options.sender))
            for address in self.to:
                _require(server.rcpt(address))
        except smtplib.SMTPResponseException as error:
            raise _refused(error, PersonNeeded) from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._never_sent(error) from error

    def _sent(self, message: EmailMessage, steps: Steps) -> str:
        """Send it, once in all attempts; what the server answered."""
        if (sent := steps.result("send")) is not None:
            return str(sent["answer"])
        with self._server() as server:
            self._envelope(server)
            sent = steps.irreversible("send", lambda: self._send(server, message))
        return str(sent["answer"])

    def _send(self, server: smtplib.SMTP, message: EmailMessage) -> Json:
        content = message.as_bytes(policy=policy.SMTP)
        try:
            code, answer = server.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            raise self._never_sent(error) from error
        if code != 354:
            # The text has not been asked for, so it cannot be on its way.
            raise NeverSent(
                "The mail server does not want the message now ({answer}). It will be tried again.",
                code=str(code),
                answer=_words(answer),
            )
        try:
            deadline.check()
        except NeverSent:
            # The server waits for a text that will not come: it would take our goodbye for one.
            server.close()
            raise
        try:
            server.send(LINE_OF_A_DOT.sub(b"..", content))
            server.send(b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknown(
                "The mail left and the server's answer was lost ({reason}): nobody knows yet whether it goes on.",
                reason=_answer(error),
            ) from error
        if code != OK:
            raise _refused(smtplib.SMTPDataError(code, answer), ProductRefused)
        return {"answer": f"{code} {_words(answer)}", "message_id": str(message["Message-ID"])}

    def _is_sent(self, message_id: str) -> bool:
        """Whether the folder of sent mail has it; where there is none to look into, it has nothing."""
        options = self.options
        if not options.imap_host or options.username is None or options.password is None:
            return False
        try:
            with imaplib.IMAP4_SSL(
                options.imap_host, options.imap_port, ssl_context=self._trusted(), timeout=self._timeout_s
            ) as box:
                _sign_in(box, options.username.reveal(), options.password.reveal())
                kind, said = box.select(_quoted(_folder_name(options.sent_folder)), readonly=True)
                if kind != "OK":
                    raise CredentialsRefused(
                        "There is no folder {folder} in the mailbox ({answer}): correct sent_folder.",
                        folder=options.sent_folder,
                        answer=_words(said[0] or b""),
                    )
                _, found = box.uid("SEARCH", "HEADER", "Message-ID", _quoted(message_id))
                return bool(found and found[0] and found[0].split())
        except (OSError, imaplib.IMAP4.error) as error:
            raise ChannelUnavailable(
                "The mailbox on {host} cannot be looked into ({reason}). It will be tried again.",
                host=options.imap_host,
                reason=_answer(error),
            ) from error


def mail_way(options: NewspaperOptions, place: Place) -> MailWay:
    """The way the options of a newspaper ask for. Raises ValueError: they have no mail server."""
    if options.mail is None:
        raise ValueError("delivery by mail without a server")
    return MailWay(addresses(options.deliver), options.mail, place, options.timeout_s)


def _sign_in(box: imaplib.IMAP4_SSL, username: str, password: str) -> None:
    try:
        box.login(username, password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise CredentialsRefused(
            "The mailbox does not let us in ({answer}): give user name and authorisation code anew.",
            answer=_answer(error),
        ) from error
    if "ID" in box.capabilities:
        # 163 and 126 show nothing to programs that do not say what they are.
        imaplib.Commands.setdefault("ID", ("AUTH", "SELECTED"))
        with suppress(imaplib.IMAP4.error):
            box._simple_command("ID", '("name" "publisher")')


def _receipt(product: Product, message: EmailMessage, answer: str, evidence: Evidence, *, mode: str = "") -> Receipt:
    raw = {"answer": answer, **proof_of(product), **({"mode": mode} if mode else {})}
    at = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    return Receipt(str(message["Message-ID"]), at, evidence=evidence, raw=raw)


def _probe(name: Text, attempt: Callable[[], object]) -> Probe:
    try:
        attempt()
    except ChannelError as error:
        return Probe(name, ok=False, detail=error.text)
    return Probe(name, ok=True, detail=Text("The server let us in."))


def _refused(error: smtplib.SMTPResponseException, for_good: type[PersonNeeded | ProductRefused]) -> ChannelError:
    """The error for a server's own no: later where its code, or the words of QQ and 163, say so."""
    code, answer = str(error.smtp_code), _answer(error)
    if 400 <= error.smtp_code < 500:
        return ChannelUnavailable("The mail server puts us off ({answer}).", code=code, answer=answer)
    if any(word in answer.lower() for word in TOO_OFTEN):
        text = message_id("The mail server says that we send too often ({answer}).")
        return ChannelUnavailable(text, code=code, answer=answer, retry_after_s=LATER_S)
    text = message_id("The mail server does not take it ({answer}): correct what it says.")
    return for_good(text, code=code, answer=answer)


def _require(answered: tuple[int, bytes]) -> None:
    if answered[0] not in (OK, 251):
        raise smtplib.SMTPResponseException(*answered)


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {_words(said) if isinstance(said, bytes) else said}"
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__)


def _words(answer: bytes) -> str:
    return " ".join(answer.decode("utf-8", "replace").split())


def _folder_name(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3): 已发送 is ``&XfJT0ZAB-``; ASCII is taken as it is."""

    def encoded(found: re.Match[str]) -> str:
        return f"&{b64encode(found[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"

    return name if name.isascii() else re.sub(r"[^\x20-\x7e]+", encoded, name.replace("&", "&-"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ascii(name: str, product: Product) -> str:
    """A file's name without what old mail programs show as ATT0001."""
    if name == "图片说明.txt":
        return "captions.txt"
    return name.replace(product.fields["stem"], product.key) if not name.isascii() else name
