"""Options of a newspaper's table in the configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
from channels.issues import IssueOptions
from channels.newspaper.fitting import LINE
from channels.secret import Secret

Format = Literal["docx", "txt", "pdf", "nitf", "ninjs", "icml"]

FOLDER, MAIL, SFTP = "folder:", "smtp:", "sftp:"
ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+", re.ASCII)
SFTP_PLACE = re.compile(r"(?P<user>[^@/\s:]+)@(?P<host>[^/\s:@]+)(?::(?P<port>\d{1,5}))?(?P<path>/.*)?")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailOptions(_Table):
    """The server that takes the mail, and the mailbox in which what was sent can be looked for.

    ``ca_file``: certificates to trust beside those of the system; ``imap_host``: without it a person looks after doubt.
    """

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: Secret | None = None
    password: Secret | None = None
    sender: str
    contact: str = ""
    most_mb: int = Field(default=20, ge=1, le=200)
    ca_file: str = ""
    imap_host: str = ""
    imap_port: int = Field(default=993, ge=1, le=65535)
    sent_folder: str = "Sent"

    @field_validator("sender")
    @classmethod
    def _is_address(cls, sender: str) -> str:
        if not ADDRESS.fullmatch(sender):
            raise SettingRefused("This is no mail address: write one such as office@example.gov.cn.")
        return sender

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise SettingRefused("User name and password belong together: give both or neither.")
        if self.username is not None and self.security == "none":
            raise SettingRefused('A password is not sent in the clear: write security = "tls" or "starttls".')
        if self.imap_host and self.username is None:
            raise SettingRefused("Looking into the mailbox needs user name and password: give both.")
        return self


class SftpOptions(_Table):
    """How to sign in at the SFTP server; ``host_key`` is its public key as ``ssh-keyscan`` prints it, no name."""

    host_key: str
    password: Secret | None = None
    private_key: Secret | None = None

    @field_validator("host_key")
    @classmethod
    def _is_key(cls, host_key: str) -> str:
        if not re.fullmatch(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]{40,}( .*)?", host_key.strip()):
            raise SettingRefused('Write the key of the server, such as "ssh-ed25519 AAAA…": ask the newspaper for it.')
        return host_key.strip()

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.password is None) == (self.private_key is None):
            raise SettingRefused("Write either password or private_key.")
        return self


class NewspaperOptions(ChannelOptions):
    """What one column of one newspaper wants.

    Room is counted in cells, half of one for a digit or Latin letter; 0 everywhere where nobody counts.

    ``capacity_chars``: cells one issue holds; ``columns``: over how many columns of ``line_chars`` cells it is set, and
    ``capacity_lines`` of them; ``title_chars``: cells of the headline; ``picture_mm``: width of a picture in print, to
    which it is made smaller. ``encoding``: of the text file, ``gb18030`` for typesetting systems of old; ``template``:
    a Word file of the newspaper's own with the fields of docxtpl; ``deliver``: ``folder:PATH``, relative to the data
    folder or absolute; ``smtp:ADDRESS`` with the table ``mail``; ``sftp:USER@HOST[:PORT]/PATH`` with the table
    ``sftp``.
    """

    column_title: str = ""
    capacity_chars: int = Field(default=0, ge=0)
    columns: int = Field(default=0, ge=0, le=8)
    line_chars: int = Field(default=LINE, ge=5, le=40)
    capacity_lines: int = Field(default=0, ge=0)
    title_chars: int = Field(default=0, ge=0)
    picture_mm: int = Field(default=0, ge=0, le=500)
    formats: tuple[Format, ...] = Field(default=("docx", "txt"), min_length=1)
    template: str = ""
    deliver: str = "folder:exports/newspaper"
    mail: MailOptions | None = None
    sftp: SftpOptions | None = None
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    font: str = Field(default="仿宋", min_length=1)
    issues: IssueOptions = IssueOptions()

    @field_validator("deliver")
    @classmethod
    def _is_place(cls, deliver: str) -> str:
        if deliver.startswith(MAIL):
            if not all(ADDRESS.fullmatch(address) for address in addresses(deliver)):
                raise SettingRefused('Write mail addresses behind "smtp:", several with commas between them.')
            return deliver
        if deliver.startswith(SFTP):
            place = SFTP_PLACE.fullmatch(deliver.removeprefix(SFTP).removeprefix("//"))
            if place is None or ".." in Path(place["path"] or "/").parts or not 0 < int(place["port"] or 22) < 65536:
                raise SettingRefused('Write "sftp:USER@HOST/PATH", with the port behind the host where it is not 22.')
            return deliver
        path = deliver.removeprefix(FOLDER)
        if path == deliver or path.strip("/ ") in {"", "."} or ".." in Path(path).parts:
            raise SettingRefused(
                'This is no place to deliver to: write "folder:PATH", without "..", "smtp:ADDRESS" or '
                '"sftp:USER@HOST/PATH".'
            )
        return FOLDER + path.rstrip("/")

    @model_validator(mode="after")
    def _has_its_table(self) -> Self:
        if self.deliver.startswith(MAIL) and self.mail is None:
            raise SettingRefused("Delivery by mail needs a server: add the table mail.")
        if self.deliver.startswith(SFTP) and self.sftp is None:
            raise SettingRefused("Delivery by SFTP needs a key of the server and a way to sign in: add the table sftp.")
        return self


def addresses(deliver: str) -> list[str]:
    """The mail addresses of a place to deliver to."""
    return [address.strip() for address in deliver.removeprefix(MAIL).split(",")]
