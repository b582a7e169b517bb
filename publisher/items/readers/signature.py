"""The signature at the end of an official text: the offices, then the date, set on the right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.items.flow import Block

_DATE = re.compile(
    r"(?:[0-9]{4}\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日|[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}"
    r"|[二一〇零○]{1,2}[〇零○一二三四五六七八九]{2,3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日)"
)
_OFFICE = re.compile(
    r"(?![0-9(（])[^\s，,。；;：:！？!?、]{2,40}"
    r"(?:[局厅廳部院会會府室处處科所站办辦团團组組馆館校司党黨]|中心|公司)"
)
_MOST_SIGNERS = 5


def with_signature(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, the signature among the last of them on the right; either office or date may be missing."""
    start = len(blocks) - _length([block.text if block.tag == "p" else "" for block in blocks])
    return [*blocks[:start], *(block._replace(align="right") for block in blocks[start:])]


def _length(lines: Sequence[str]) -> int:
    """How many of the last lines are the signature."""
    dated = bool(lines) and _DATE.fullmatch(lines[-1]) is not None
    end = len(lines) - dated
    # Without a date below them, several offices are a list.
    most = min(_MOST_SIGNERS if dated else 1, end)
    signers = 0
    while signers < most and _OFFICE.fullmatch(lines[end - signers - 1]):
        signers += 1
    return signers + dated
