"""What programs send and get, as JSON; the OpenAPI document is made from it."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from publisher.items.models import Disclosure, Origin


def _parted(value: Any) -> Any:
    """Channels of a form field: ``portal,wechat``, or the field sent several times."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return value
    return [key.strip() for each in value for key in each.split(",") if key.strip()]


def _decoded(value: Any) -> Any:
    """Bytes in Base64. Raises ValueError: signs that do not belong there."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"no Base64 ({error})") from None


Base64 = Annotated[bytes, BeforeValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


class Asking(BaseModel):
    """What programs send: known fields only, and texts that are text."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _hold_text(self) -> Self:
        """Half a character, which JSON can spell, can be kept nowhere."""
        for _name, value in self:
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and not text.isascii():
                    text.encode()
        return self


class File(Asking):
    """A file within a JSON document."""

    name: str = Field(min_length=1, max_length=255, description="文件名，如 现场.jpg。 File name.")
    data: Base64 = Field(repr=False, description="文件内容，Base64。 The bytes in Base64.")
    caption: str = Field("", max_length=1000, description="图片说明（仅图片）。 Caption, of a picture.")


class Facts(Asking):
    """What is said of an item beside its text; the same names in JSON and in forms."""

    title: str = Field("", description="标题；默认取正文中的标题。 Title, else the text's own.")
    content: str = Field("", description="正文。 The text.")
    format: Literal["html", "markdown", "text"] = Field("html", description="正文格式。 Format of the text.")
    summary: str = Field("", description="摘要。")
    column: str = Field("", description="栏目；默认第一个。 Column key, else the first one.")
    section: str = Field("", description="供稿科室。 Contributing section.")
    author: str = Field("", description="作者。")
    source: str = Field("", description="来源；转载稿件必填。 Whose text it is; needed where it is reposted.")
    origin: Origin | Literal[""] = Field("", description="原创 own 或转载 reposted。")
    source_url: str = Field("", description="转载稿件的原文地址。 Address of the original.")
    document_number: str = Field("", description="发文字号，如 攀科〔2026〕12号。")
    interprets: str = Field("", description="解读的文件：发文字号或稿件编号，用逗号分隔。 Documents it interprets.")
    in_force_until: date | None = Field(None, description="有效期至（政策文件）。 Last day on which it holds.")
    disclosure: Disclosure = Field(Disclosure.PROACTIVE, description="公开属性。")
    disclosure_reason: str = Field("", description="不主动公开的理由。 Needed where it is not proactive.")
    channels: Annotated[list[str], BeforeValidator(_parted)] = Field(
        default_factory=list, description="渠道；默认全部。 Channel keys, else all."
    )
    publish_at: datetime | None = Field(None, description="定时发布。 Not before this time.")
    despite: str = Field("", max_length=1000, description="检查有错误仍放行的理由。 Why it goes out despite errors.")
    release: bool = Field(False, description="直接放行（须配置允许，令牌须有 release 权限）。 Release at once.")
    allow_similar: bool = Field(False, description="明知有相似稿件仍提交。 Submit although there is one like it.")


class Variant(Asking):
    """What one channel says differently; what is empty is the item's own."""

    title: str = Field("", description="该渠道的标题。")
    summary: str = Field("", description="该渠道的摘要。")
    content: str = Field("", description="该渠道的正文（HTML）。 The text, as HTML.")
    cover: str = Field("", description="封面：pictures 中的文件名。 File name of one of the pictures.")


class Submission(Facts):
    """An item in one JSON document."""

    pictures: list[File] = Field(
        default_factory=list, description="正文按文件名引用的图片。 Pictures the text names by their file name."
    )
    attachments: list[File] = Field(default_factory=list, description="附件。")
    variants: dict[str, Variant] = Field(
        default_factory=dict, description="渠道 → 该渠道单独的内容。 By channel, what is different there."
    )


class DeliveryShape(Schema):
    """One delivery of an item to a channel."""

    id: int
    channel: str
    action: str
    state: str
    remote_id: str
    url: str
    evidence: str
    published_at: str | None
    waits_for: str | None
    due_at: str | None
    valid_until: str | None
    error: str | None


class ItemShape(Schema):
    """An item with its newest revision and its deliveries, as ``publisher status --json`` prints it."""

    item: int
    revision: int
    title: str
    column: str
    digest: str
    state: str
    in_force_until: str | None
    emergency: Literal["unconfirmed", "confirmed", "objected"] | None
    deliveries: list[DeliveryShape]


class ProofShape(Schema):
    """What somebody gave to show what was done on a channel."""

    by: str
    at: str
    text: str
    address: str
    file: str
    sha256: str
    digest: str


class RecallLineShape(Schema):
    """What became of a recall on one channel; ``instruction`` is what a person has to do there."""

    channel: str
    state: str
    since: str
    due_at: str | None
    overdue: bool
    delivery: int | None
    address: str
    evidence: str
    why: str | None
    instruction: list[str]
    notice: int | None
    issue: str
    proofs: list[ProofShape]


class RecallShape(Schema):
    """An item taken back everywhere; ``seconds`` from the asking to the last evidence, once it is closed."""

    recall: int
    item: int
    title: str
    kind: str
    reason: str
    replaced_by: str
    note: str
    asked_by: str
    asked_at: str
    due_at: str
    overdue: bool
    state: str
    closed_at: str | None
    seconds: int | None
    channels: list[RecallLineShape]


class OneItemShape(ItemShape):
    """An item with its deliveries, and every time it was taken back."""

    recalls: list[RecallShape] = Field(default_factory=list)


class FindingShape(Schema):
    """Something the checks found; an ``error`` keeps an item from going out without a reason."""

    kind: str
    severity: str
    where: str
    message: str


class SubmittedShape(ItemShape):
    """What was made of a submission; ``notes`` is what was changed, may be a slip, or kept it from going out."""

    notes: list[str] = Field(default_factory=list)
    findings: list[FindingShape] = Field(default_factory=list)


class ListShape(Schema):
    """Items, newest first; ``next`` is the address of the following page."""

    items: list[ItemShape]
    next: str | None


class ProblemShape(Schema):
    """Problem details (RFC 9457); ``detail`` in the language asked for, ``messages`` in Chinese and English."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    messages: dict[str, str]
