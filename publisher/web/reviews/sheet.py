"""信息发布审批表 and 保密审查表: the sheets of paper that are filed with an item, filled from what was decided.

There is no national form; the fields are those of forms in use. They are Chinese by nature, like official reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from publisher.items.models import Disclosure, Origin, Revision, RevisionAsset
from publisher.office import Office
from publisher.queue.models import TAKING_BACK, Delivery
from publisher.queue.states import State
from publisher.reports.document import Cell, Document, Paragraph, Run, Table
from publisher.review import queries
from publisher.review.checks.finding import PERSONAL
from publisher.review.checks.scan import scan
from publisher.review.models import Decision, Review, ReviewStep
from publisher.review.places import Standing
from publisher.roles import StepKind
from publisher.web import words
from publisher.web.names import Names
from publisher.web.reviews.questions import QUESTIONS
from publisher.web.reviews.text import pieces

WIDTHS = (20, 15, 15, 20, 15, 15)
"""Relative widths of the six columns both sheets are laid out on."""

VERDICTS = {
    Decision.Verdict.APPROVE: "同意",
    Decision.Verdict.STANDS: "同意（所涉内容未改动，原意见有效）",
    Decision.Verdict.SEND_BACK: "退回修改",
    Decision.Verdict.REJECT: "不同意",
}
DISCLOSURE = {Disclosure.PROACTIVE: "主动公开", Disclosure.ON_REQUEST: "依申请公开", Disclosure.WITHHELD: "不予公开"}
KINDS = {StepKind.REVIEW: "审核", StepKind.PROOFREAD: "校对", StepKind.SECRECY: "保密审查", StepKind.SIGN: "签发"}
INDENT = "　" * 12
"""Before the name and time under an opinion."""
SUMMARY_LENGTH = 150
OPEN_WORDS, NOT_DONE_WORDS = "（待办）", "（未办理）"
Rows = list[list[Cell]]


@translation.override("zh-hans")
def approval_sheet(office: Office, review: Review) -> Document:
    """The sheet on which an item, each opinion on it and where it went stand together."""
    standing = Standing.of(review)
    names = _names(review, standing)
    rows = [
        *_about(office, review, names),
        *_privacy(office, review),
        *_opinions(office, standing, names, standing.steps),
        *_emergency(office, review),
        *_publications(office, review),
    ]
    return _document(office, review, "信息发布审批表", rows)


@translation.override("zh-hans")
def secrecy_sheet(office: Office, review: Review) -> Document:
    """The sheet of the secrecy review: what is to be published where, the questions, and who answered for it."""
    standing = Standing.of(review)
    names = _names(review, standing)
    steps = [step for step in standing.steps if step.kind == StepKind.SECRECY]
    revision = review.revision
    rows = [
        _pair("拟公开信息单位", office.name, "填表日期", _day(office, review.opened_at)),
        _wide("信息名称", revision.title),
        _wide("内容摘要", revision.summary or _beginning(revision)),
        _pair("拟稿人", names[review.opened_by], "供稿科室", review.item.section),
        _wide("拟公开方式", _channels(office, revision.channels)),
        _pair("公开范围", "面向社会公众", "拟公开时间", _at(office, revision.publish_at) or "审批后即时"),
        _wide("附件", f"{_attachments(review)}件"),
        *_questions(standing, steps),
        *_opinions(office, standing, names, steps),
        *_emergency(office, review),
    ]
    return _document(office, review, "信息公开保密审查表", rows)


def _document(office: Office, review: Review, title: str, rows: Rows) -> Document:
    number = f"编号：{office.slug}-{review.item_id}-{review.revision.number}-{review.pk}"
    closing = f"核对码（SHA-256）：{review.digest}。本表由发布系统按办理记录生成，先审查、后公开。"
    return Document(
        title,
        [
            Paragraph([Run(number)], align="right", kind="note"),
            Table(rows, widths=WIDTHS),
            Paragraph([Run(closing)], kind="note"),
        ],
        is_draft=review.state == Review.State.OPEN,
        author=office.name,
        dated=(review.closed_at or review.opened_at).astimezone(office.timezone).date(),
    )


def _about(office: Office, review: Review, names: Names) -> Iterator[list[Cell]]:
    item, revision = review.item, review.revision
    origin = "□ 原创　☑ 转载" if revision.origin == Origin.REPOSTED else "☑ 原创　□ 转载"
    source = "　".join(filter(None, (origin, revision.source, revision.source_url)))
    yield _wide("标题", revision.title)
    yield _pair("供稿科室", item.section, "拟稿人", names[review.opened_by])
    yield _pair("拟稿日期", _day(office, revision.created_at), "送审时间", _at(office, review.opened_at))
    yield _wide("信息来源", source)
    yield _pair("拟发栏目", words.column_name(office, item.column), "发文字号", revision.document_number)
    if revision.interprets:
        yield _wide("解读的文件", f"稿件 {revision.interprets}")
    if revision.in_force_until:
        yield _wide("有效期至", f"{revision.in_force_until:%Y年%-m月%-d日}")
    yield _wide("拟发渠道", _channels(office, revision.channels))
    reason = f"（{revision.disclosure_reason}）" if revision.disclosure_reason else ""
    yield _pair(
        "公开属性",
        DISCLOSURE[Disclosure(item.disclosure)] + reason,
        "要求发布时间",
        _at(office, revision.publish_at) or "审批后即时",
    )


def _privacy(office: Office, review: Review) -> Iterator[list[Cell]]:
    found = any(finding.kind in PERSONAL for finding in scan(office, review.revision))
    personal = "☑ 是　□ 否" if found else "□ 是　☑ 否（机器检查未发现）"
    yield _pair("附件数", f"{_attachments(review)}件", "含个人信息", personal)


def _opinions(office: Office, standing: Standing, names: Names, steps: Sequence[ReviewStep]) -> Iterator[list[Cell]]:
    for step in steps:
        found = [decision for decision in standing.decisions if decision.step_id == step.pk]
        kind = KINDS[StepKind(step.kind)]
        text = "\n".join(_opinion(office, decision, names) for decision in found)
        yield _wide(
            step.name if kind in step.name else f"{step.name}\n（{kind}）", text or _nothing_yet(standing.review)
        )


def _nothing_yet(review: Review) -> str:
    return OPEN_WORDS if review.state == Review.State.OPEN else NOT_DONE_WORDS


def _opinion(office: Office, decision: Decision, names: Names) -> str:
    said = VERDICTS[Decision.Verdict(decision.verdict)]
    comment = f"：{decision.comment}" if decision.comment else ""
    despite = f"（检查提示仍予放行的理由：{decision.despite}）" if decision.despite else ""
    behalf = f"（代{names[decision.on_behalf_of]}）" if decision.on_behalf_of else ""
    return f"{said}{comment}{despite}\n{INDENT}{names[decision.person]}{behalf}　{_at(office, decision.at)}"


def _questions(standing: Standing, steps: Sequence[ReviewStep]) -> Iterator[list[Cell]]:
    """What the secrecy reviewer answers with their approval; nothing is ticked before it."""
    is_answered = bool(steps) and all(standing.is_complete(step) for step in steps)
    mark = "□ 是　☑ 否" if is_answered else "□ 是　□ 否"
    for question in QUESTIONS:
        yield [Cell(_("Does it hold {what}?").format(what=question), columns=4, align="left"), Cell(mark, columns=2)]


def _emergency(office: Office, review: Review) -> Iterator[list[Cell]]:
    emergency = queries.emergencies(office).filter(review=review).first()
    if emergency is None:
        return
    release = emergency.release
    names = Names.named([release.released_by, *_confirmer(emergency)])
    yield _wide(
        "紧急放行",
        f"先发后批。理由：{emergency.reason}\n放行人声明已作保密审查，不涉及国家秘密。\n"
        f"{INDENT}{names[release.released_by]}　{_at(office, release.released_at)}",
    )
    said = getattr(emergency, "confirmation", None)
    if said is None:
        yield _wide("事后确认", f"（待确认，限 {_at(office, emergency.confirm_by)} 前）")
        return
    verdict = "确认" if said.agrees else "有异议"
    comment = f"：{said.comment}" if said.comment else ""
    yield _wide("事后确认", f"{verdict}{comment}\n{INDENT}{names[said.person]}　{_at(office, said.at)}")


def _confirmer(emergency: object) -> list[str]:
    said = getattr(emergency, "confirmation", None)
    return [said.person] if said else []


def _publications(office: Office, review: Review) -> Iterator[list[Cell]]:
    """Where the revision went, when, and at which address."""
    found = Delivery.objects.filter(revision=review.revision).exclude(action__in=TAKING_BACK).order_by("pk")
    lines = [_publication(office, delivery) for delivery in found]
    yield _wide("发布情况", "\n".join(lines) or _nothing_yet(review))
    yield _wide("备注", "")


def _publication(office: Office, delivery: Delivery) -> str:
    name = words.channel_name(office, delivery.channel)
    if delivery.state == State.DONE:
        return f"{name}：{_at(office, delivery.published_at)}　{delivery.url or delivery.remote_id}"
    return f"{name}：{words.state_word(office, delivery)}"


def _channels(office: Office, chosen: Iterable[str]) -> str:
    wanted = list(chosen)
    gone = [key for key in wanted if key not in office.channels]
    told = [f"{'☑' if key in wanted else '□'} {entry.name}" for key, entry in office.channels.items()]
    return "　".join([*told, *(f"☑ {key}" for key in gone)])


def _beginning(revision: Revision) -> str:
    """The first words of a text that has no summary."""
    text = " ".join(piece.words for piece in pieces(revision) if piece.words)
    return text if len(text) <= SUMMARY_LENGTH else f"{text[:SUMMARY_LENGTH]}……"


def _attachments(review: Review) -> int:
    return review.revision.assets.filter(role=RevisionAsset.Role.ATTACHMENT).count()


def _names(review: Review, standing: Standing) -> Names:
    people = [name for decision in standing.decisions for name in (decision.person, decision.on_behalf_of)]
    return Names.named([review.opened_by, *filter(None, people)])


def _wide(head: str, text: str) -> list[Cell]:
    return [Cell(head, is_head=True), Cell(text, columns=5, align="left")]


def _pair(first: str, value: str, second: str, other: str) -> list[Cell]:
    return [
        Cell(first, is_head=True),
        Cell(value, columns=2, align="left"),
        Cell(second, is_head=True),
        Cell(other, columns=2, align="left"),
    ]


def _at(office: Office, moment: datetime | None) -> str:
    return moment.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M") if moment else ""


def _day(office: Office, moment: datetime) -> str:
    return moment.astimezone(office.timezone).strftime("%Y-%m-%d")
