"""Personal data in a text: identity numbers, mobile numbers, bank cards, passports.

The specific numbers are matched first and their characters marked as used, then the general ones; numbers that
only look alike (credit codes, index, document and registration numbers, money) are told apart by their check digits
and by the words around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from channels.errors import Text, message_id
from publisher.review.checks import digits
from publisher.review.checks.disguises import bare
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.masking import masked

NEAR = 20
"""Characters before a number, and half as many behind it, in which a word says what it is."""

_GAP = r"[ \-.·\n]{0,3}"
_IDENTITY = re.compile(rf"(?<![0-9A-Za-z])[1-9](?:{_GAP}\d){{16}}{_GAP}[0-9Xx](?![0-9A-Za-z])")
_OLD_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{14}(?![0-9A-Za-z])")
_MOBILE = re.compile(
    rf"(?:(?<![0-9A-Za-z])|(?<=[Tt]el)|(?<=TEL)|(?<=phone))(?<!\d\.)"
    rf"(?:(?:\+|00)?86[- ]?|0)?(?P<number>1[3-9]\d{{9}}|1(?:{_GAP}\d){{10}})"
    r"(?![0-9A-Za-z])(?!\.\d)"
)
_CARD = re.compile(rf"(?<![0-9A-Za-z])[3-69](?:{_GAP}\d){{15,18}}(?![0-9A-Za-z])(?!\.\d)")
_PASSPORT = re.compile(
    r"(?<![A-Za-z0-9])(?:[EGDSPHK]\d{8}|E[A-HJ-NP-Z]\d{7}|[DSP]E\d{7}|1[45]\d{7})(?![A-Za-z0-9])", re.IGNORECASE
)
_PERMIT = re.compile(r"(?<![A-Za-z0-9])(?:[HM]\d{8}(?:\d{2})?|\d{8}|[A-Z]\d{9})(?![A-Za-z0-9])", re.IGNORECASE)

_IDENTITY_WORDS = re.compile(r"身份证|身分证|公民身份|居民身份|证件号|ID\s*card|identity", re.IGNORECASE)
_PASSPORT_WORDS = re.compile(r"护照|旅行证|passport", re.IGNORECASE)
_PERMIT_WORDS = re.compile(r"通行证|回乡证|台胞证|入台证")
_CARD_WORDS = re.compile(r"银行卡|卡号|储蓄卡|信用卡|借记卡|社保卡|一卡通")
_ACCOUNT_WORDS = re.compile(r"账号|帐号|账户|帐户|收款|打款")
_MOBILE_WORDS = re.compile(r"手机|电话|联系|致电|拨打|微信|短信|热线|咨询|[Tt]el|TEL|[Mm]obile|[Pp]hone")
_LABELS = re.compile(
    r"(?:编号|编码|代码|单号|号码牌|流水号|索引号|文号|批号|标识码|批次号?|证书号|许可证号?|合同号|订单号?|受理号|案号|专利号|登记号|备案号?|安备|"
    r"ICP备|发票号码?|统计代码|条形码|序列号|ISBN|项目号|宗地号|地块号|车架号|(?<!手)机号|运单号?|档案号|存款账户核准号)"
    r"\s*(?:为|是)?\s*[:：(（]?\s*(?:第|No\.?)?\s*$"
)
_COUNTED = re.compile(
    r"\s*(?:多|余)?(?:元|万|亿|吨|千克|公斤|克|米|千米|公里|亩|公顷|平方|立方|千瓦|度|条|件|人|户|株|个|次|头|只|桶|美元|%|\uff05|㎡|m2)"
)
_IN_A_CODE = (re.compile(r"[0-9A-Za-z][-_]$"), re.compile(r"[-_][0-9A-Za-z]"))

UNASSIGNED = frozenset({"142", "143", "154", "160", "161", "163", "164", "168", "169", "179", "194"})
"""Beginnings of mobile numbers that nobody had been given in 2021."""

_IDENTITY_GROUPS = ({6, 14}, {6, 10, 14}, {6, 10, 12, 14}, {3, 6, 10, 14}, {4, 8, 12, 16}, {6, 14, 17}, {6, 12, 18})
_MOBILE_GROUPS = ({3, 7}, {4, 7}, {3, 6}, {4, 8}, {5, 8}, {3, 5, 7, 9})
_CARD_GROUPS = ({4, 8, 12}, {4, 8, 12, 16}, {6}, {6, 12}, {6, 12, 18}, {4, 10})


@dataclass(frozen=True, slots=True)
class Hit:
    """A number that is somebody's, with its place in the original text and how it looks masked."""

    kind: Kind
    severity: Severity
    start: int
    end: int
    mask: str
    template: str


@dataclass(frozen=True, slots=True)
class _Number:
    """A candidate in bare text. ``cuts``: after how many figures a blank or hyphen stands."""

    figures: str
    cuts: frozenset[int]
    before: str
    after: str
    context: str

    @property
    def is_whole(self) -> bool:
        return not self.cuts

    @property
    def is_spaced(self) -> bool:
        """Whether every figure stands alone."""
        return len(self.cuts) == len(self.figures) - 1

    def is_grouped(self, groups: tuple[set[int], ...]) -> bool:
        return self.is_whole or (self.is_spaced and not self.is_in_a_row) or set(self.cuts) in groups

    @property
    def is_in_blocks(self) -> bool:
        """Whether it is written in blocks of four figures and more, the last one of any length."""
        ends = sorted(self.cuts)
        return all(end - begin >= 4 for begin, end in pairwise([0, *ends]))

    def is_near(self, words: re.Pattern[str]) -> bool:
        """Whether such a word stands shortly before or behind, or heads the column."""
        behind = re.split(r"[。；;\n]", self.after[: NEAR // 2])[0]
        return any(words.search(text) for text in (self.context, self.before[-NEAR:], behind))

    @property
    def is_in_a_row(self) -> bool:
        """Whether other figures stand right beside it, as in a line of amounts."""
        return bool(re.search(r"\d\s$", self.before) or re.match(r"\s\d", self.after))

    @property
    def is_labelled(self) -> bool:
        """Whether the words right before it call it the number of something else."""
        return bool(_LABELS.search(self.before) or (not self.before.strip() and _LABELS.search(self.context)))

    @property
    def is_in_a_code(self) -> bool:
        return bool(_IN_A_CODE[0].search(self.before) or _IN_A_CODE[1].match(self.after))


Verdict = tuple[Severity, str] | None
Judge = Callable[[_Number], Verdict]

WRONG_CHECK = message_id(
    "{masked} looks like an identity number with a typing error: take it out, or correct what it is."
)


def _identity(number: _Number) -> Verdict:
    if digits.born(number.figures[6:14]) is None or not "1800" < number.figures[6:10] < "2100":
        return None
    if number.is_spaced and number.is_in_a_row:
        return None
    if digits.is_identity(number.figures):
        if number.is_labelled and digits.is_credit_code(number.figures):
            return None
        return Severity.ERROR, message_id("{masked} is an identity number: take it out or mask it.")
    is_code = digits.is_credit_code(number.figures) and not number.is_near(_IDENTITY_WORDS)
    if is_code or number.is_labelled or not number.is_grouped(_IDENTITY_GROUPS):
        return None
    return Severity.WARNING, WRONG_CHECK


def _old_identity(number: _Number) -> Verdict:
    if digits.born(f"19{number.figures[6:12]}") is None or not number.is_near(_IDENTITY_WORDS):
        return None
    return Severity.ERROR, message_id("{masked} is an identity number of 15 digits: take it out or mask it.")


def _card(number: _Number) -> Verdict:
    if not (number.is_grouped(_CARD_GROUPS) or number.is_in_blocks) or number.is_in_a_code:
        return None
    # Accounts of offices are published; those of people are nearly always cards, whose numbers begin with 62.
    is_union = number.figures.startswith("62")
    is_near = number.is_near(_CARD_WORDS) or (is_union and number.is_near(_ACCOUNT_WORDS))
    if digits.is_card(number.figures) and (is_near or (is_union and not number.is_labelled)):
        return Severity.ERROR, message_id("{masked} is the number of a bank card: take it out or mask it.")
    if is_union and is_near and not number.is_labelled:
        return (
            Severity.WARNING,
            message_id("{masked} looks like a bank card with a typing error: take it out, or correct what it is."),
        )
    return None


def _mobile(number: _Number) -> Verdict:
    is_near = number.is_near(_MOBILE_WORDS)
    if not number.is_grouped(_MOBILE_GROUPS) or number.is_labelled:
        return None
    if not is_near and set(number.cuts) not in (set(), {3, 7}) and number.is_in_a_row:
        return None
    if not is_near and (_COUNTED.match(number.after) or number.is_in_a_code):
        return None
    if number.figures[:3] in UNASSIGNED:
        if not is_near:
            return None
        return Severity.WARNING, message_id("{masked} looks like a mobile number: take it out, or correct what it is.")
    return Severity.ERROR, message_id("{masked} is a mobile number: take it out, mask it or give an office number.")


def _passport(number: _Number) -> Verdict:
    if not number.is_near(_PASSPORT_WORDS):
        return None
    return Severity.ERROR, message_id("{masked} is a passport number: take it out or mask it.")


def _permit(number: _Number) -> Verdict:
    is_day = number.figures.isdecimal() and digits.born(number.figures[:8]) is not None
    if is_day or not number.is_near(_PERMIT_WORDS):
        return None
    return Severity.ERROR, message_id("{masked} is the number of a travel permit: take it out or mask it.")


ORDER: tuple[tuple[Kind, re.Pattern[str], Judge], ...] = (
    (Kind.IDENTITY, _IDENTITY, _identity),
    (Kind.CARD, _CARD, _card),
    (Kind.IDENTITY, _OLD_IDENTITY, _old_identity),
    (Kind.MOBILE, _MOBILE, _mobile),
    (Kind.PASSPORT, _PASSPORT, _passport),
    (Kind.PASSPORT, _PERMIT, _permit),
)
"""The specific before the general; what one has taken the next no longer sees."""


def hits(text: str, context: str = "") -> list[Hit]:
    """Every number in ``text`` that is somebody's, in reading order.

    Args:
        context: words that say what the text is about, such as the heading of its column.
    """
    plain = bare(text)
    free, found = plain.text, []
    for kind, pattern, judge in ORDER:
        for start, end, figures, verdict in _judged(free, pattern, judge, context):
            severity, template = verdict
            first, last = plain.span(start, end)
            found.append(Hit(kind, severity, first, last, masked(kind, figures), template))
            # A character no pattern reaches across.
            free = free[:start] + "\0" * (end - start) + free[end:]
    return sorted(found, key=lambda hit: hit.start)


def findings(text: str, where: Place, context: str = "") -> Iterator[Finding]:
    """The numbers of people in a passage, each with its mask as what to put there."""
    for hit in hits(text, context):
        words = Text(hit.template, masked=hit.mask)
        yield Finding(hit.kind, hit.severity, where, words, hit.start, hit.end, suggestion=hit.mask)


def mask(text: str, context: str = "") -> str:
    """``text`` with every such number masked; masking once more changes nothing."""
    while found := hits(text, context):
        for hit in reversed(found):
            text = text[: hit.start] + hit.mask + text[hit.end :]
    return text


def _judged(
    free: str, pattern: re.Pattern[str], judge: Judge, context: str
) -> Iterator[tuple[int, int, str, tuple[Severity, str]]]:
    place = 0
    while found := pattern.search(free, place):
        start, end = found.span("number" if "number" in pattern.groupindex else 0)
        number = _number(free, found.start(), start, end, context)
        verdict = judge(number)
        if verdict is None:
            place = found.start() + 1
        else:
            place = end
            yield start, end, number.figures, verdict


def _number(free: str, outer: int, start: int, end: int, context: str) -> _Number:
    figures, cuts = "", set()
    for sign in free[start:end]:
        if sign.isalnum():
            figures += sign
        else:
            cuts.add(len(figures))
    return _Number(
        figures.upper(), frozenset(cuts), free[max(0, outer - 2 * NEAR) : outer], free[end : end + NEAR], context
    )
