"""The office as its configuration file describes it: name, columns, workflow and channels.

The file is checked whole: every mistake is named with its place and its remedy, and nothing runs on half a
configuration. Missing secrets are not mistakes of the file; a channel without them is held when it is its turn, the
others go on.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import caches
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from channels.base import Channel, ChannelOptions, Column, Place
from channels.errors import ConfigurationError, CredentialsRefused, SettingRefused, Text, message_id
from channels.registry import CHANNELS, channel_class, drivers
from channels.secret import Secret
from publisher.roles import ANSWERABLE, ASKED_AGAIN, DECIDER, PARTS, Role, StepKind


def _short_key(key: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", key):
        raise SettingRefused("A key has at most 32 small letters, digits, - and _, a letter first: change it.")
    return key


INSPECTION = "inspection"
"""The folder of inspection standards: in the program's defaults, and beside the office's own configuration."""

Key = Annotated[str, AfterValidator(_short_key)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingRefused("There is no time zone {name}: write one such as Asia/Shanghai.", name=name) from None
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OfficeSection(_Section):
    slug: Key
    name: Name
    site_id_code: str = ""
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Asia/Shanghai"


def _inside_home(folder: str) -> str:
    path = Path(folder)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise SettingRefused('Write a folder inside the home, such as "site/checkpoints".')
    return folder


def _mail_address(address: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", address):
        raise SettingRefused("This is no mail address: write one such as audit@example.gov.cn.")
    return address


def _known_role(name: str) -> str:
    if name not in Role.values:
        raise SettingRefused("There is no role {name}: write one of {roles}.", name=name, roles=", ".join(Role.values))
    return name


def _known_part(name: str) -> str:
    if name not in PARTS:
        raise SettingRefused("There is no part {name}: write some of {parts}.", name=name, parts=", ".join(PARTS))
    return name


def _safe_issuer(address: str) -> str:
    if not re.match(r"https://[^\s/]|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", address):
        raise SettingRefused("What is said there must not be overheard: write an address that begins with https://.")
    return address.rstrip("/")


Folder = Annotated[str, AfterValidator(_inside_home)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]


class LogSection(_Section):
    """Where checkpoints of the log go beside the home's own folder of them."""

    checkpoint_folders: tuple[Folder, ...] = ()
    checkpoint_mail: tuple[MailAddress, ...] = ()


class NoticesSection(_Section):
    """Who is told what needs somebody's hand and is easily overlooked, such as a token that ends soon."""

    mail: tuple[MailAddress, ...] = ()


class LooksSection(_Section):
    """What the daily look at what is out does beside asking the channel.

    ``links``: whether pages of others are asked for, where something that is out links to them, each once a day;
    ``links_per_day``: how many of them at most.
    """

    links: bool = True
    links_per_day: int = Field(default=2000, ge=1)


class MailSection(_Section):
    """The server that takes our mail. Without ``port`` it is the usual one of ``security``."""

    host: Name
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Secret | None = None
    password: Secret | None = None
    sender: MailAddress


class OpenIDSection(_Section):
    """Where people may sign in instead of here. ``claim`` is what says their user name."""

    issuer: Annotated[str, AfterValidator(_safe_issuer)]
    client_id: Name
    client_secret: Secret
    claim: Name = "preferred_username"
    name: str = ""


class StepSection(_Section):
    """One step of the approval: what for, who decides it, and which later changes need it again.

    Whoever has one of ``roles`` decides; with ``people`` only those of them who are named, each of whom may have a
    deputy. With ``needs = "all"`` every one of the people named must approve.
    """

    key: Key
    name: Name
    kind: StepKind
    roles: tuple[Annotated[str, AfterValidator(_known_role)], ...] = ()
    people: tuple[Name, ...] = ()
    deputies: dict[Name, Name] = {}
    needs: Literal["any", "all"] = "any"
    own_section: bool = False
    own_item: bool = False
    same_person: bool = False
    again_when: tuple[Annotated[str, AfterValidator(_known_part)], ...] | None = None
    working_days: int | None = Field(default=None, ge=1, le=60)

    @property
    def deciding_roles(self) -> tuple[str, ...]:
        return self.roles or (DECIDER[self.kind],)

    @property
    def changes_that_count(self) -> tuple[str, ...]:
        """The parts after whose change this step is decided anew."""
        return ASKED_AGAIN[self.kind] if self.again_when is None else self.again_when


class WorkflowSection(_Section):
    """How items are approved. ``working_days``: for the whole approval; by law 20 for what must be disclosed."""

    direct_release: bool = False
    steps: tuple[StepSection, ...] = Field(default=(), max_length=5)
    working_days: int = Field(default=20, ge=1, le=120)
    emergency_confirm_hours: int = Field(default=24, ge=1, le=24 * 7)


class SecuritySection(_Section):
    """Who needs a second factor, and how long somebody stays signed in."""

    totp_roles: tuple[Annotated[str, AfterValidator(_known_role)], ...] = ()
    idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=24 * 7)
    oidc: OpenIDSection | None = None


class InspectionSection(_Section):
    standard: Key = "national-2019"


class ColumnSection(_Section):
    key: Key
    name: Name
    column_class: Name = Field(alias="class")
    description: str = ""
    keywords: str = ""
    channels: tuple[Key, ...] | None = Field(default=None, min_length=1)
    parent: Key | None = None


class ConfigurationFile(_Section):
    """The whole file; the tables of the channels are checked by their adapters."""

    office: OfficeSection
    workflow: WorkflowSection = WorkflowSection()
    profile: dict[Key, str] = {}
    inspection: InspectionSection = InspectionSection()
    log: LogSection = LogSection()
    mail: MailSection | None = None
    notices: NoticesSection = NoticesSection()
    looks: LooksSection = LooksSection()
    security: SecuritySection = SecuritySection()
    columns: list[ColumnSection] = Field(min_length=1)
    channels: dict[Key, dict[str, Any]] = Field(min_length=1)


REMEDIES = {
    "missing": message_id("This setting is missing: add it."),
    "extra_forbidden": message_id("There is no such setting: delete it or correct its name."),
    "string_type": message_id("Write a text in quotation marks."),
    "string_too_short": message_id("This may not be empty: write something."),
    "string_too_long": message_id("This is too long: write at most {max_length} characters."),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float"), message_id("Write a whole number without quotation marks.")
    ),
    **dict.fromkeys(("float_type", "float_parsing"), message_id("Write a number without quotation marks.")),
    "greater_than": message_id("Write a number above {gt}."),
    "greater_than_equal": message_id("Write {ge} or more."),
    "less_than_equal": message_id("Write {le} or less."),
    **dict.fromkeys(("bool_type", "bool_parsing"), message_id("Write true or false without quotation marks.")),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        message_id("Write a date such as 2026-01-31 without quotation marks."),
    ),
    **dict.fromkeys(("list_type", "tuple_type"), message_id("A list belongs here: write it in square brackets.")),
    "too_long": message_id("This is too much: name at most {max_length}."),
    "too_short": message_id("Something is missing here: name at least {min_length}."),
    **dict.fromkeys(("model_type", "dict_type"), message_id("A table belongs here: begin it with a heading in [ ].")),
}
"""What to do about the mistakes pydantic finds, by the type it gives them; the placeholders are pydantic's too."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake in the configuration: where it is and what to do about it."""

    key: str
    text: Text


class BadConfiguration(ConfigurationError):
    """The file cannot be used; ``flaws`` lists every mistake found."""

    def __init__(self, path: Path, flaws: Sequence[Flaw]) -> None:
        self.path = path
        self.flaws = tuple(flaws)
        super().__init__(message_id("The configuration {path} has mistakes."), path=path)


@dataclass(frozen=True)
class ChannelEntry:
    """One configured channel with what the house needs to know of its table."""

    key: str
    kind: str
    name: str
    link_from: str
    timeout_s: float
    options: ChannelOptions
    channel: Channel


@dataclass(frozen=True)
class Office:
    """One office, ready for use. ``channels`` and ``columns`` keep the order of the file.

    ``profile`` is what official forms print about the office: address, postcode, phone and whatever else they ask for.
    ``changed_at`` says when the file was last written, ``inspection`` the standard the office is inspected by,
    ``usual_channels`` which channels the items of a column usually go to, where that is not all of them.
    """

    slug: str
    name: str
    site_id_code: str
    timezone: ZoneInfo
    direct_release: bool
    columns: Mapping[str, Column]
    channels: Mapping[str, ChannelEntry]
    path: Path
    changed_at: datetime
    inspection: str
    profile: Mapping[str, str] = field(default_factory=dict)
    log: LogSection = field(default_factory=LogSection)
    mail: MailSection | None = None
    notices: NoticesSection = field(default_factory=NoticesSection)
    looks: LooksSection = field(default_factory=LooksSection)
    security: SecuritySection = field(default_factory=SecuritySection)
    workflow: WorkflowSection = field(default_factory=WorkflowSection)
    usual_channels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def channels_of(self, column: str) -> list[str]:
        """Keys of the channels an item of that column usually goes to."""
        usual = self.usual_channels.get(column, tuple(self.channels))
        return [key for key in self.channels if key in usual]

    def column(self, key: str) -> Column:
        """The column with that key; one that has left the configuration still has its key as its name."""
        return self.columns.get(key) or Column(key, key, "")


class _Common:
    """What the processes of this program know together, kept in its database. Implements ``channels.base.Common``."""

    def get(self, name: str) -> str | None:
        found: str | None = caches["common"].get(name)
        return found

    def put(self, name: str, text: str, *, keep_s: float) -> None:
        caches["common"].set(name, text, keep_s)

    def forget(self, name: str) -> None:
        caches["common"].delete(name)

    def is_first(self, name: str, *, within_s: float) -> bool:
        return caches["common"].add(name, "", within_s)


def load(path: Path, *, home: Path, time_scale: float = 1) -> Office:
    """Read and check the configuration at ``path``.

    Raises BadConfiguration: with every mistake in the file, each with its key and remedy.
    """
    raw = read_toml(path)
    try:
        file = ConfigurationFile.model_validate(raw)
    except ValidationError as error:
        raise BadConfiguration(path, list(flaws_in(error))) from None
    columns = {
        c.key: Column(c.key, c.name, c.column_class, c.description, c.keywords, c.parent or "") for c in file.columns
    }
    place = Place(
        home=home,
        office_name=file.office.name,
        site_id_code=file.office.site_id_code,
        timezone=file.office.timezone,
        columns=tuple(columns.values()),
        common=_Common(),
    )
    channels, flaws = _make_channels(file.channels, place)
    if len(columns) < len(file.columns):
        flaws.append(Flaw("columns", Text("Two columns have the same key: give each its own.")))
    flaws += [*_column_flaws(file), *_link_flaws(channels, file.channels), *_drill_flaws(channels, time_scale)]
    flaws += _folder_flaws(channels)
    flaws += [*_inspection_flaws(path, file.inspection.standard), *_mail_flaws(file), *_step_flaws(file.workflow.steps)]
    if flaws:
        raise BadConfiguration(path, flaws)
    return Office(
        slug=file.office.slug,
        name=file.office.name,
        site_id_code=file.office.site_id_code,
        timezone=ZoneInfo(file.office.timezone),
        direct_release=file.workflow.direct_release,
        columns=columns,
        channels=channels,
        path=path,
        changed_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        inspection=file.inspection.standard,
        profile=file.profile,
        log=file.log,
        mail=file.mail,
        notices=file.notices,
        looks=file.looks,
        security=file.security,
        workflow=file.workflow,
        usual_channels={c.key: c.channels for c in file.columns if c.channels is not None},
    )


def missing_secrets(office: Office) -> list[Flaw]:
    """Secrets the configuration refers to and that are not there.

    Channels without them are held, mail is not sent, nobody can sign in that way.
    """
    tables: dict[str, BaseModel | None] = {f"channels.{key}": one.options for key, one in office.channels.items()}
    tables |= {"mail": office.mail, "security.oidc": office.security.oidc}
    flaws = []
    for table, options in tables.items():
        for key, secret in _secrets_in(table, options):
            # What somebody signs in for at the desk is missing until they do, and that page says so.
            if not secret.kept_as:
                try:
                    secret.reveal()
                except CredentialsRefused as error:
                    flaws.append(Flaw(key, error.text))
    return flaws


def _secrets_in(key: str, value: object) -> Iterator[tuple[str, Secret]]:
    """The secrets of a table and of the tables in it, each with its place."""
    if isinstance(value, Secret):
        yield key, value
    elif isinstance(value, BaseModel | dict):
        for name, part in value.items() if isinstance(value, dict) else value:
            yield from _secrets_in(f"{key}.{name}", part)


@cache
def get_office() -> Office:
    """The office this program runs for. Raises BadConfiguration."""
    return load(
        Path(settings.PUBLISHER_CONFIG),
        home=Path(settings.PUBLISHER_HOME),
        time_scale=settings.PUBLISHER_TIME_SCALE,
    )


def read_toml(path: Path) -> dict[str, Any]:
    """A configuration file's tables as they stand there. Raises BadConfiguration: it cannot be read, or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        flaw = Text("The file does not exist: create it or point PUBLISHER_CONFIG to the right one.")
    except UnicodeDecodeError:
        flaw = Text("The file is no UTF-8 text: save it with the encoding UTF-8.")
    except OSError as error:
        flaw = Text("The file cannot be read ({reason}): name a text file that may be read.", reason=error.strerror)
    except tomllib.TOMLDecodeError as error:
        flaw = _syntax(str(error))
    raise BadConfiguration(path, [Flaw("", flaw)])


def _syntax(reason: str) -> Text:
    place = re.fullmatch(r"(?P<reason>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", reason)
    if place is None:
        return Text("The end of the file is not valid TOML ({reason}): correct the last lines.", reason=reason)
    return Text("Line {line} is not valid TOML from column {column} on ({reason}): correct it.", **place.groupdict())


def _make_channels(tables: Mapping[str, dict[str, Any]], place: Place) -> tuple[dict[str, ChannelEntry], list[Flaw]]:
    entries: dict[str, ChannelEntry] = {}
    flaws: list[Flaw] = []
    for key, table in tables.items():
        kind, prefix = str(table.get("kind", "")), f"channels.{key}"
        adapter = _adapter(kind, str(table.get("driver", "")), prefix)
        if isinstance(adapter, Flaw):
            flaws.append(adapter)
            continue
        try:
            options = adapter.Options.model_validate({name: value for name, value in table.items() if name != "kind"})
        except ValidationError as error:
            flaws += flaws_in(error, prefix)
            continue
        channel = adapter(key, options, place)
        entries[key] = ChannelEntry(
            key, kind, options.name or key, options.link_from, options.timeout_s, options, channel
        )
    return entries, flaws


def _adapter(kind: str, driver: str, prefix: str) -> type[Channel] | Flaw:
    """The adapter a channel's table asks for, or what is wrong with that; ``prefix`` is the name of the table."""
    if kind not in CHANNELS:
        remedy = Text(
            'There is no kind of channel "{kind}": write one of {kinds}.', kind=kind, kinds=", ".join(CHANNELS)
        )
        return Flaw(f"{prefix}.kind", remedy)
    known = drivers(kind)
    if driver and known and driver not in known:
        remedy = Text('There is no driver "{driver}": write one of {drivers}.', driver=driver, drivers=", ".join(known))
        return Flaw(f"{prefix}.driver", remedy)
    return channel_class(kind, driver if known else "")


def _column_flaws(file: ConfigurationFile) -> Iterator[Flaw]:
    parents = {column.key: column.parent for column in file.columns}
    for number, column in enumerate(file.columns):
        if column.parent is not None and parents.get(column.parent, column.key) is not None:
            text = Text("There is no column {key} that can have parts: name another.", key=column.parent)
            yield Flaw(f"columns.{number}.parent", text)
        for key in column.channels or ():
            if key not in file.channels:
                text = Text("There is no channel {key}: use one of {known}.", key=key, known=", ".join(file.channels))
                yield Flaw(f"columns.{number}.channels", text)


def _link_flaws(channels: Mapping[str, ChannelEntry], tables: Mapping[str, object]) -> Iterator[Flaw]:
    for entry in channels.values():
        giver = channels.get(entry.link_from)
        if not entry.link_from or (giver is None and entry.link_from in tables):
            continue  # what is wrong with the giver is told of its own table
        where = f"channels.{entry.key}.link_from"
        if giver is None or not giver.channel.capabilities.gives_address:
            text = Text("{name} is not a configured channel with an address: write one that is.", name=entry.link_from)
            yield Flaw(where, text)
        elif giver.link_from:
            yield Flaw(
                where, Text("{name} waits for another channel itself: choose one that does not.", name=giver.key)
            )


def _folder_flaws(channels: Mapping[str, ChannelEntry]) -> Iterator[Flaw]:
    """Two channels in one folder would take each other's pages for their own."""
    taken: dict[Path, ChannelEntry] = {}
    for entry in channels.values():
        folder = entry.channel.folder
        if folder is None:
            continue
        first = taken.setdefault(folder.resolve(), entry)
        if first is not entry:
            text = Text("{name} writes into this folder already: give each website a path of its own.", name=first.name)
            yield Flaw(f"channels.{entry.key}.path", text)


def _inspection_flaws(path: Path, standard: str) -> Iterator[Flaw]:
    """Whether there is a file of that standard; what it says is checked by who reads it."""
    folders = [path.parent / INSPECTION, settings.PUBLISHER_DEFAULTS / INSPECTION]
    known = sorted({file.stem for folder in folders for file in folder.glob("*.toml")})
    if standard not in known:
        text = Text(
            "There is no standard {name}: write one of {known}, or put {name}.toml into a folder inspection beside "
            "this file.",
            name=standard,
            known=", ".join(known),
        )
        yield Flaw("inspection.standard", text)


def _mail_flaws(file: ConfigurationFile) -> Iterator[Flaw]:
    if file.log.checkpoint_mail and file.mail is None:
        yield Flaw("mail", Text("Checkpoints are to be mailed: name the mail server in a table [mail]."))
    if file.notices.mail and file.mail is None:
        yield Flaw("mail", Text("Notices are to be mailed: name the mail server in a table [mail]."))
    if file.mail and (file.mail.username is None) != (file.mail.password is None):
        missing = "password" if file.mail.password is None else "username"
        yield Flaw(f"mail.{missing}", Text("User name and password belong together: give both or neither."))


def _step_flaws(steps: Sequence[StepSection]) -> Iterator[Flaw]:
    """Mistakes in the steps of the approval that need no look at who the people are."""
    keys = [step.key for step in steps]
    if len(set(keys)) < len(keys):
        yield Flaw("workflow.steps", Text("Two steps have the same key: give each its own."))
    for number, step in enumerate(steps):
        for name, text in _flaws_of_step(step):
            yield Flaw(f"workflow.steps.{number}.{name}", text)


def _flaws_of_step(step: StepSection) -> Iterator[tuple[str, Text]]:
    able = {DECIDER[step.kind]} if step.kind in ANSWERABLE else set(DECIDER.values())
    for role in step.deciding_roles:
        if role not in able:
            yield (
                "roles",
                Text("The role {role} cannot decide this step: write {able}.", role=role, able=", ".join(sorted(able))),
            )
    if step.needs == "all" and not step.people:
        yield "people", Text("All must approve, and nobody is named: name the people.")
    if len(set(step.people)) < len(step.people):
        yield "people", Text("Somebody is named twice: name each person once.")
    for person, deputy in step.deputies.items():
        if person not in step.people or deputy in step.people:
            yield (
                "deputies",
                Text(
                    "{deputy} stands in for {person}: name under people only {person}, and as deputy somebody else.",
                    deputy=deputy,
                    person=person,
                ),
            )
    if len(set(step.deputies.values())) < len(step.deputies):
        yield "deputies", Text("Somebody stands in for two people: name one deputy for each.")


def _drill_flaws(channels: Mapping[str, ChannelEntry], time_scale: float) -> Iterator[Flaw]:
    for entry in channels.values():
        if time_scale < 1 and (hosts := entry.channel.official_hosts):
            yield Flaw(
                f"channels.{entry.key}",
                Text(
                    "PUBLISHER_TIME_SCALE below 1 is for drills only and this channel speaks to {host}: unset it or "
                    "point the channel to a stand-in.",
                    host=", ".join(hosts),
                ),
            )


def flaws_in(error: ValidationError, prefix: str = "") -> Iterator[Flaw]:
    """Every mistake pydantic found, each with its key below ``prefix`` and its remedy."""
    for detail in error.errors(include_url=False, include_input=False):
        place = (str(part) for part in detail["loc"] if part != "[key]")
        yield Flaw(".".join(filter(None, (prefix, *place))), _remedy(detail))


def _remedy(detail: ErrorDetails) -> Text:
    """What to write instead, never with the value itself: it might be a secret in the wrong place."""
    context = detail.get("ctx", {})
    if isinstance(refusal := context.get("error"), SettingRefused):
        return refusal.text
    if detail["type"] in ("literal_error", "enum"):
        return Text("Write one of {expected}.", expected=context["expected"].replace(" or ", ", "))
    if detail["type"] == "union_tag_invalid":
        return Text("Write one of {expected}.", expected=context["expected_tags"])
    if detail["type"] == "union_tag_not_found":
        return Text("Say which kind it is: add {name}.", name=context["discriminator"])
    if template := REMEDIES.get(detail["type"]):
        return Text(
            template, **{name: f"{limit:g}" for name, limit in context.items() if isinstance(limit, int | float)}
        )
    return Text("Wrong value: {reason}.", reason=detail["msg"])
