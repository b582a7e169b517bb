"""What an office sets for a website whose system is told about in calls: each call, its success, what it answers."""

from __future__ import annotations

from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from channels.errors import SettingRefused
from channels.secret import Secret
from channels.website.options import WebsiteOptions
from channels.website.system.templates import names_in
from channels.website.system.xml import require_xml

STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

ITEM_NAMES = frozenset(
    {
        *("title", "html", "text", "summary", "author", "source", "section", "document_number", "source_url"),
        *("column", "column_key", "column_name", "column_class", "key", "name", "item", "revision", "created", "now"),
        *("cover", "cover_id", "files", "remote_id", "url", "token", "timestamp", "nonce", "office", "base_url"),
    }
)
"""What a template may name beside ``secret.NAME``."""

FILE_NAMES = frozenset({"file", "file_name", "file_title", "file_alt", "file_base64", "file_sha256"})
SIGNED_NAMES = frozenset({"method", "path", "query", "body", "body_sha256", "parameters"})


class Says(BaseModel):
    """A test of an answer: its status, and what stands at a place of its JSON.

    Attributes:
        path: names and numbers parted by dots, such as ``data.list.0.id``; empty: only the status counts.
        values: ``is``: one of these, as text.
    """

    model_config = STRICT

    status: tuple[int, ...] = ()
    path: str = ""
    values: tuple[str, ...] = Field(default=(), alias="is")

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if not self.status and not self.path:
            raise SettingRefused("This test is always true: name a status, or a path with what must stand there.")
        return self


class Answers(BaseModel):
    """How the system answers.

    Attributes:
        ok: when a call has succeeded; a status alone is believed only where the system says no more.
        wait: the answer says that it should be tried later. ``login``: that the token no longer holds.
        error: where the answer says what is wrong.
        format: in what answers are written; of XML a place is named by its elements, ``response.code``, and an
            attribute by ``@name``.
    """

    model_config = STRICT

    ok: Says | None = None
    wait: Says | None = None
    login: Says | None = None
    error: str = ""
    format: Literal["json", "xml"] | None = None


class Call(Answers):
    """One call. Texts are templates: ``{title}``, ``{created|date:%Y-%m-%d}``, ``{item|int}``, ``{secret.app_key}``.

    ``xml`` is the whole document; what is put in is escaped. What is not said about answers holds as ``answers`` says
    it for all.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: JsonValue = Field(default=None, alias="json")
    form: dict[str, str] | None = None
    multipart: dict[str, str] | None = None
    xml: str | None = None
    charset: Literal["utf-8", "gb18030"] = "utf-8"

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if sum(body is not None for body in (self.json_body, self.form, self.multipart, self.xml)) > 1:
            raise SettingRefused("A call has one body: write json, form, multipart or xml.")
        return self

    @model_validator(mode="after")
    def _is_xml(self) -> Self:
        if self.xml is not None:
            require_xml(self.xml, self.charset)
        return self

    @model_validator(mode="after")
    def _knows_its_names(self) -> Self:
        texts = [self.path, self.query, self.headers, self.json_body, self.form, self.multipart, self.xml]
        _require_known(texts, ITEM_NAMES | (FILE_NAMES if isinstance(self, Upload) else frozenset()))
        return self


class Create(Call):
    """The call that puts an article out. ``id`` and ``url`` say where the answer has its number and its address."""

    id: str = ""
    url: str = ""


class Upload(Call):
    """A call for each picture and attachment, before the article; ``url`` and ``id`` stand in its answer."""

    url: str
    id: str = ""


class Lookup(Call):
    """The question after doubt: does the system have the article?

    Attributes:
        rows: where the answer has its list; empty: the answer itself is the one row.
        match: place in a row → template: a row is the item's where all of them agree.
        shows: the same for the very revision, such as a field that holds ``{key}``; without it the program cannot tell
            after doubt whether a correction arrived.
        none: the answer says that there is none.
        absent_after_s: a look that long after the call that sees nothing proves that nothing was published; without it
            a person decides.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    rows: str = ""
    match: dict[str, str] = Field(min_length=1)
    shows: dict[str, str] = Field(default_factory=dict)
    none: Says | None = None
    id: str = ""
    url: str = ""
    absent_after_s: float | None = Field(default=None, ge=0, le=86_400)

    @model_validator(mode="after")
    def _matches_by_known_names(self) -> Self:
        _require_known([self.match, self.shows], ITEM_NAMES)
        return self


class View(Call):
    """The question whether an article is still there; ``gone``: the answer that says it is not."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    gone: Says = Says(status=(404, 410))


class Token(Call):
    """The call that gives a token for the others, which name it ``{token}``; ``lasts_s`` where it has no time."""

    token: str
    expires: str = ""
    lasts_s: int = Field(default=3600, gt=0)


class Signature(BaseModel):
    """What proves who is calling, made anew for each call.

    ``over`` is a template: ``{parameters}`` are query and form sorted by name as ``a=1&b=2``; ``{body}``, ``{path}``,
    ``{method}``, ``{timestamp}``, ``{nonce}`` and ``{secret.NAME}`` are known too. It goes into ``header``, or as
    ``parameter`` among the fields of a form or else into the query.
    """

    model_config = STRICT

    method: Literal[
        "hmac-sha256", "hmac-sha1", "hmac-md5", "hmac-sha512", "hmac-sm3", "sha256", "sha1", "md5", "sm3"
    ] = "hmac-sha256"
    secret: Secret
    over: str
    header: str = ""
    parameter: str = ""
    encoding: Literal["hex", "HEX", "base64"] = "hex"

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if bool(self.header) == bool(self.parameter):
            raise SettingRefused("A signature goes into a header or into a parameter: name one of them.")
        _require_known([self.over], ITEM_NAMES | SIGNED_NAMES)
        return self


class SystemOptions(WebsiteOptions):
    """Options of a website that is told about in calls; ``base_url`` is where readers find it.

    Attributes:
        api_base: where the calls go, with scheme and host.
        columns: column's key → what the system calls it, usually a number.
        secrets: name → reference; templates name them ``{secret.NAME}``.
        create, update, delete: the calls with an effect; what is not there, the channel cannot do.
        timestamp: as seconds or milliseconds.
        answers, headers: what holds for every call; headers not for the one that gives the token.
    """

    driver: Literal["http"]
    api_base: str
    columns: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, Secret] = Field(default_factory=dict)
    timestamp: Literal["s", "ms"] = "ms"
    answers: Answers = Answers()
    headers: dict[str, str] = Field(default_factory=dict)
    token: Token | None = None
    signature: Signature | None = None
    upload: Upload | None = None
    create: Create
    lookup: Lookup | None = None
    view: View | None = None
    update: Create | None = None
    delete: Call | None = None
    timeout_s: float = Field(default=30, gt=0, le=300)

    @field_validator("api_base")
    @classmethod
    def _is_server(cls, api_base: str) -> str:
        parts = urlsplit(api_base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise SettingRefused("This is no address of a server: write one such as https://api.example.gov.cn.")
        return api_base.rstrip("/")

    @model_validator(mode="after")
    def _has_its_secrets(self) -> Self:
        calls = (self.token, self.upload, self.create, self.lookup, self.view, self.update, self.delete)
        texts: list[Any] = [call.model_dump() for call in calls if call]
        texts += [self.headers, self.signature.over if self.signature else ""]
        _require_known(self.headers, ITEM_NAMES)
        wanted = {name.removeprefix("secret.") for name in names_in(texts) if name.startswith("secret.")}
        if missing := wanted - set(self.secrets):
            raise SettingRefused(
                "The secrets {names} are named in a template and nowhere given: write them under secrets.",
                names=", ".join(sorted(missing)),
            )
        return self


def _require_known(texts: object, known: frozenset[str]) -> None:
    unknown = {name for name in names_in(texts) if not name.startswith("secret.")} - known
    if unknown:
        raise SettingRefused(
            "The template names {unknown}, which there is not; there are {known}.",
            unknown=", ".join(sorted(unknown)),
            known=", ".join(sorted(known)),
        )
