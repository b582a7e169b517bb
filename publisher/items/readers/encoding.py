"""Which characters the bytes of a Chinese text stand for."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence

from channels.errors import message_id
from publisher.items.manuscript import UnreadableManuscript

# Longer marks first: the UTF-32 mark begins like the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_UTF16 = ("utf-16-le", "utf-16-be")
# In this order where two fit equally well. cp950 is Big5 as Windows writes it, big5hkscs with Hong Kong's additions.
_CHINESE = ("gb18030", "cp950", "big5hkscs", *_UTF16)
_DECLARED = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "cp950",
    "big5-hkscs": "big5hkscs",
}

# The characters modern Chinese is mostly made of, and their traditional forms.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
    "么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三"
    "又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先"
    "海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计"
    "管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程"
    "北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔参专收改造改根单术列局布转节研究委办室组织项目推申请企业创技术"
    "奖励专利宣传服务标准实施检查监督落实加强年度预算支付财银号责任编制举措议案协商县乡镇村街园城农林牧渔环境卫健康医疗疫情育培训讲"
    "座赛竞示范基础施设备材料质安全产品供需价格税费补助贴购采招投合规监审批许可证照登记备案执罚诉讼访诚信息网站页微博公众号刊登载"
    "通知告示令函复批意见决定办法细则规划纲要方案总结报工作动态简介联系址邮编话传真箱附件表份元亿百千零六七八九半周早晚午深圳京沪川"
    "州省市区府厅处科委部党支书记员会议代表团青妇儿童老残困难群众社区居民生活幸福美丽绿色蓝碳能源钒钛钢铁矿冶攀枝花成渝"
    "這個們來為國說時會對發後過種經麼學沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產話內給門東聲員論處義幾認條氣題爾變總電"
    "數報結務場計資許統區隊決馬書則聽卻達強難權設記類據邊張該規萬覺術領確傳師觀讓識帶導爭運筆參專單轉節組織項請創獎勵標準檢監實預財"
    "銀號責編舉議協縣鄉鎮園農環衛療訓講賽競範礎備質價稅費補貼購採審證照記執罰訴訟訪誠網頁眾刊載決細劃綱結態簡聯絡係址郵電話傳箱億週"
    "廳黨團婦兒殘難愛綠藍鋼鐵釩鈦礦長歷歲麗親語調選適進術際區陳劉楊趙黃吳廣華鐘鑫隨離雖雙電需靈靜響須顧顯願飛養館驗驚體黨齊"
)
_SENTENCE = frozenset("，。、：；！？（）《》“”‘’·—…〔〕【】〈〉「」『』　－～①②③④⑤") | {"\uff05", "\uff0b"}
# Control characters, private use, half surrogates, unassigned: in no honest text.
_IMPOSSIBLE = frozenset(["Cc", "Co", "Cs", "Cn"])
_ORDINARY_CONTROLS = frozenset("\t\n\r\f\v\x1a")
_BELIEVABLE = 0.3
_SAMPLE = 20_000

_HOPELESS = message_id(
    "The text cannot be read: it is damaged, or no text file. Save it again as UTF-8 and submit that."
)


def decode(content: bytes, *, declared: str = "") -> str:
    """The text, without its byte order mark.

    Args:
        declared: the Chinese encoding the document claims; believed where the text then looks like Chinese.
    Raises UnreadableManuscript: these bytes are no text, or none that can be told.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _checked(_strictly(content[len(mark) :], encoding))
    if 0 in content:
        return _checked(_most_likely(content, _UTF16))
    text = _strictly(content, "utf-8")
    if text is None and declared.lower() in _DECLARED:
        text = _most_likely(content, [_DECLARED[declared.lower()]])
    if text is None:
        text = _most_likely(content, _CHINESE)
    return _checked(text)


def likeness(text: str) -> float:
    """How much ``text`` looks like Chinese: about 0.8 for real text, near 0 for bytes read in the wrong encoding."""
    foreign = re.sub(r"[\t\n\r -~]", "", text[:_SAMPLE])
    if not foreign:
        return 1.0
    return sum(map(_weight, foreign)) / len(foreign)


def _weight(character: str) -> float:
    if character in _COMMON or character in _SENTENCE:
        return 1.0
    if unicodedata.category(character) in _IMPOSSIBLE:
        return -2.0
    return 0.0 if "\u4e00" <= character <= "\u9fff" or "\uff01" <= character <= "\uff5e" else -0.3


def _most_likely(content: bytes, encodings: Sequence[str]) -> str | None:
    readings = [text for encoding in encodings if (text := _strictly(content, encoding)) is not None]
    best = max(readings, key=likeness, default=None)
    return best if best is not None and likeness(best) >= _BELIEVABLE else None


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _checked(text: str | None) -> str:
    """``text`` without the end mark of DOS. Raises UnreadableManuscript: it is None or holds control characters."""
    if text is None:
        raise UnreadableManuscript(_HOPELESS)
    if any(character < " " and character not in _ORDINARY_CONTROLS for character in set(text)):
        raise UnreadableManuscript(_HOPELESS)
    return text.removesuffix("\x1a").removeprefix("\ufeff")
