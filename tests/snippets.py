"""Labelled snippets of official text, made with a fixed seed: what the checks must find, and what only looks like it.

``python -m tests.snippets`` writes ``tests/data/snippets/snippets.jsonl``; the file is committed, and a test says when it
no longer is what this module makes. The numbers are made up, most with area codes nobody has been given.
"""

# ruff: noqa: E501, RUF001 - lines of examples, and the look-alikes are what is tried
from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from publisher.review.checks import digits

FILE = Path(__file__).parent / "data" / "snippets" / "snippets.jsonl"
SEED = 20261127
ON = date(2026, 11, 27)

WEEKDAYS = "一二三四五六日"
NAMES = ["张某", "李某某", "王小明", "赵建国", "陈丽", "刘洋", "阿依古丽", "欧阳锋"]
PLACES = ["市科知局", "区教育局", "人民路社区", "县医保中心", "高新区管委会", "东区人民政府"]


@dataclass(frozen=True)
class Snippet:
    """A text and what is in it. ``kind`` is empty for a text in which nothing is to be found.

    ``variety`` names the way it was made; ``context`` is the heading of the column it stands in.
    """

    text: str
    kind: str
    variety: str
    context: str = ""


Maker = Callable[[random.Random], tuple[str, str] | str]


def identity(dice: random.Random) -> str:
    day = date(1940, 1, 1) + timedelta(days=dice.randrange(27_000))
    area = dice.choice(["990000", "510401", "510402", "440524", "830000", "999999", str(dice.randint(110000, 659999))])
    first = f"{area}{day:%Y%m%d}{dice.randrange(1000):03}"
    return first + digits.identity_check(first)


def wrong_identity(dice: random.Random) -> str:
    number = identity(dice)
    return number[:17] + dice.choice([sign for sign in "0123456789X" if sign != number[17]])


def mobile(dice: random.Random) -> str:
    head = dice.choice(
        [
            "13" + str(dice.randrange(10)),
            "15" + dice.choice("012356789"),
            "18" + str(dice.randrange(10)),
            "17" + dice.choice("01235678"),
            "19" + dice.choice("0123567890"),
            "166",
            "147",
        ]
    )
    return head.replace("1904", "190")[:3] + f"{dice.randrange(10**8):08}"


def card(dice: random.Random) -> str:
    first = "62" + "".join(str(dice.randrange(10)) for _ in range(dice.choice([13, 16])))
    return first + next(sign for sign in "0123456789" if digits.is_card(first + sign))


def credit_code(dice: random.Random) -> str:
    signs = digits.CREDIT_SIGNS
    first = (
        dice.choice(["11", "12", "52", "91", "92", "93"])
        + str(dice.randint(110000, 659999))
        + "".join(dice.choice(signs) for _ in range(9))
    )
    return first + digits.credit_check(first)


def grouped(number: str, *sizes: int, gap: str = " ") -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return gap.join([*parts, number[place:]] if place < len(number) else parts)


def full_width(number: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in number)


def spelled(number: str) -> str:
    return "".join("〇一二三四五六七八九"[int(sign)] for sign in number)


def said(dice: random.Random, *frames: str, **values: object) -> str:
    return dice.choice(frames).format(name=dice.choice(NAMES), place=dice.choice(PLACES), **values)


# --- what must be found -----------------------------------------------------------------------------------------------

IDENTITY_FRAMES = (
    "{name}，身份证号码{n}，经审核符合条件。", "申请人：{name}（{n}）", "现将{name}({n})的补贴发放情况公示如下。",
    "{place}公示：{name} {n} 低保户", "{n}", "持证人姓名{name}，证件号码：{n}；", "户主{name}，{n}，家庭人口3人",
    "当事人{name}，男，公民身份号码{n}，住{place}。", "身份证{n}号码的持有人请于5月1日前办理",
)  # fmt: skip
MOBILE_FRAMES = (
    "联系人：{name}，电话{n}。", "咨询电话：0812-3333482、{n}", "{place}{name} {n}", "请拨打{n}联系{name}", "{n}",
    "微信同号{n}，先到先得", "报名请发短信至{n}（{name}）", "监督举报：{n}。", "手机:{n};邮编:617000", "({n})",
)  # fmt: skip
CARD_FRAMES = (
    "开户行：中国银行{place}支行，卡号{n}", "{name}，银行卡号：{n}，金额1200元", "请将款项打入账号{n}（户名{name}）", "{name} {n}",
    "补贴发放至{name}的一卡通{n}。", "收款账户 {n}",
)  # fmt: skip
PASSPORT_FRAMES = (
    "{name}，护照号{n}。", "护照号码：{n}（中国）", "持{n}号护照的{name}请来领取", "因公护照 {n} 遗失，声明作废",
)  # fmt: skip
PERMIT_FRAMES = ("港澳居民来往内地通行证{n}", "{name}持往来港澳通行证{n}", "台胞证号：{n}")


def passport(dice: random.Random) -> str:
    tail = f"{dice.randrange(10**8):08}"
    return dice.choice(
        [f"E{tail}", f"G{tail}", f"e{tail}", f"E{dice.choice('ABCDEFGHJKLM')}{tail[:7]}", f"SE{tail[:7]}", f"P{tail}"]
    )


def permit(dice: random.Random) -> str:
    tail = f"{dice.randrange(10**8):08}"
    return dice.choice([f"H{tail}", f"M{tail}", f"H{tail}01", f"M{tail}00"])


DRESSES: dict[str, dict[str, Callable[[str], str]]] = {
    "identity": {
        "plain": str,
        "small x": str.lower,
        "blanks 6-8-4": lambda n: grouped(n, 6, 8, 4),
        "blanks 4-4-4-4-2": lambda n: grouped(n, 4, 4, 4, 4, 2),
        "blanks 3-3-4-4-4": lambda n: grouped(n, 3, 3, 4, 4, 4),
        "hyphens": lambda n: grouped(n, 6, 8, 4, gap="-"),
        "hyphens 6-4-2-2-4": lambda n: grouped(n, 6, 4, 2, 2, 4, gap="-"),
        "each figure alone": " ".join,
        "full width": full_width,
        "invisible characters": lambda n: grouped(n, 5, 6, 7, gap="\u200b"),
        "ideographic blanks": lambda n: grouped(n, 6, 8, 4, gap="\u3000"),
        "line break": lambda n: grouped(n, 10, 8, gap="\n"),
        "middle dots": lambda n: grouped(n, 6, 8, 4, gap="·"),
    },
    "mobile": {
        "plain": str,
        "blanks 3-4-4": lambda n: grouped(n, 3, 4, 4),
        "hyphens 3-4-4": lambda n: grouped(n, 3, 4, 4, gap="-"),
        "blanks 4-3-4": lambda n: grouped(n, 4, 3, 4),
        "blanks 3-3-5": lambda n: grouped(n, 3, 3, 5),
        "dots": lambda n: grouped(n, 3, 4, 4, gap="."),
        "country": lambda n: f"+86 {n}",
        "country and hyphen": lambda n: f"86-{n}",
        "country with zeros": lambda n: f"0086{n}",
        "leading zero": lambda n: f"0{n}",
        "full width": full_width,
        "Chinese figures": spelled,
        "each figure alone": " ".join,
        "invisible characters": lambda n: grouped(n, 4, 7, gap="\u200b"),
        "full width hyphens": lambda n: grouped(full_width(n), 3, 4, 4, gap="－"),
        "en dashes": lambda n: grouped(n, 3, 4, 4, gap="–"),
    },
    "card": {
        "plain": str,
        "blanks by four": lambda n: grouped(n, 4, 4, 4, 4),
        "hyphens by four": lambda n: grouped(n, 4, 4, 4, 4, gap="-"),
        "full width": full_width,
        "6 and the rest": lambda n: grouped(n, 6),
        "each figure alone": " ".join,
    },
}  # fmt: skip


def found_personal(dice: random.Random) -> Iterator[Snippet]:
    for number, frames, kind in (
        (identity, IDENTITY_FRAMES, "identity"), (mobile, MOBILE_FRAMES, "mobile"), (card, CARD_FRAMES, "card"),
    ):  # fmt: skip
        for variety, dress in DRESSES[kind].items():
            for _ in range(60 if variety == "plain" else 20):
                yield Snippet(said(dice, *frames, n=dress(number(dice))), kind, variety)
    for _ in range(25):
        yield Snippet(said(dice, *IDENTITY_FRAMES, n=wrong_identity(dice)), "identity", "wrong check character")
        old = f"{dice.choice(['510401', '440524', '330102'])}{dice.randint(30, 79)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randrange(1000):03}"
        yield Snippet(
            said(dice, "{name}，身份证号{n}", "居民身份证：{n}", "证件号码 {n} {name}", n=old),
            "identity",
            "fifteen digits",
        )
        yield Snippet(said(dice, *PASSPORT_FRAMES, n=passport(dice)), "passport", "plain")
        yield Snippet(said(dice, *PERMIT_FRAMES, n=permit(dice)), "passport", "permit")
        yield Snippet(identity(dice), "identity", "cell", dice.choice(["身份证号", "证件", "备注", "姓名"]))
        yield Snippet(mobile(dice), "mobile", "cell", dice.choice(["联系方式", "手机", "备注", "电话"]))
        yield Snippet(passport(dice), "passport", "cell", "护照号码")
        yield Snippet(card(dice), "card", "cell", dice.choice(["银行卡号", "账号", "开户账号"]))
        yield Snippet(f"{mobile(dice)}、{mobile(dice)}", "mobile", "two of them")
        yield Snippet(f"{dice.choice(NAMES)}{identity(dice)}{dice.choice(NAMES)}", "identity", "between names")


def harmless_numbers(dice: random.Random) -> Iterator[Snippet]:
    def plain(count: int) -> str:
        return str(dice.randint(1, 9)) + "".join(str(dice.randrange(10)) for _ in range(count - 1))

    makers: dict[str, Callable[[], str]] = {
        "landline": lambda: f"联系电话：0812-{plain(7)}，传真0812-{plain(7)}",
        "landline in one": lambda: f"咨询电话0{dice.randint(20, 29)}{plain(8)}",
        "landline in brackets": lambda: f"电话：（0812）{plain(7)}转{plain(3)}",
        "hotline": lambda: dice.choice(["服务热线12345", "热线电话400-{}".format(grouped(plain(7), 3, gap="-")), "拨打12315或12329"]),
        "postal code": lambda: f"邮编：{plain(6)}",
        "document number": lambda: f"《管理办法》（川府发〔{dice.randint(2000, 2026)}〕{dice.randint(1, 300)}号）",
        "index number": lambda: f"索引号：{plain(8)}-{dice.randrange(10)}/{dice.randint(2008, 2026)}-{dice.randint(1, 99999):05}",
        "long index number": lambda: f"索引号：{plain(18)}",
        "credit code": lambda: f"统一社会信用代码：{credit_code(dice)}",
        "credit code alone": lambda: f"攀枝花市某某有限公司 {credit_code(dice)}",
        "website code": lambda: f"网站标识码{plain(10)}",
        "police registration": lambda: f"川公网安备 {plain(14)}号",
        "ICP": lambda: f"蜀ICP备{plain(8)}号-{dice.randint(1, 9)}",
        "ICP with a number like a mobile": lambda: f"蜀ICP备{mobile(dice)}号",
        "money": lambda: f"总投资{mobile(dice)}元，其中财政资金{plain(9)}元。",
        "money with commas": lambda: f"合同金额{int(mobile(dice)):,}.00元",
        "money with decimals": lambda: f"实际支出{mobile(dice)}.{dice.randint(10, 99)}元",
        "area": lambda: f"用地面积{mobile(dice)}平方米",
        "contract number": lambda: f"合同编号：{mobile(dice)}",
        "project code": lambda: f"项目代码：{dice.randint(2015, 2026)}-{plain(6)}-{dice.randint(10, 99)}-{dice.randint(1, 9):02}-{plain(6)}",
        "patent": lambda: f"专利号ZL{dice.randint(2005, 2026)}{dice.choice('123')}{plain(7)}.{dice.choice('0123456789X')}",
        "application number": lambda: f"申请号{dice.randint(2005, 2026)}{dice.choice('123')}{plain(7)}.{dice.choice('0123456789X')}",
        "time stamp": lambda: f"IMG_{dice.randint(2015, 2026)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randint(10, 23)}{dice.randint(10, 59)}{dice.randint(10, 59)}",
        "court case": lambda: f"（{dice.randint(2000, 2026)}）川04民初{dice.randint(1, 999)}号",
        "order number": lambda: f"订单号{plain(dice.choice([16, 18, 19, 20]))}",
        "invoice": lambda: f"发票代码{plain(12)}，发票号码{plain(8)}",
        "ISBN": lambda: f"ISBN 978-7-{plain(3)}-{plain(5)}-{dice.randrange(10)}",
        "bar code": lambda: f"条形码：69{plain(11)}",
        "masked identity": lambda: f"{dice.choice(NAMES)}，{identity(dice)[:6]}********{identity(dice)[-4:]}",
        "masked mobile": lambda: f"中奖号码：{mobile(dice)[:3]}****{mobile(dice)[-4:]}",
        "public account": lambda: f"户名：市财政局，账号：51{plain(15)}",
        "years": lambda: f"{dice.randint(2000, 2010)}-{dice.randint(2011, 2026)}年，{dice.randint(1, 12)}月{dice.randint(1, 28)}日",
        "figures": lambda: f"完成产值{plain(4)}万元，增长{dice.randint(1, 20)}.{dice.randrange(10)}%，惠及{plain(5)}人次",
        "passport form without a word": lambda: f"设备型号E{plain(8)}",
        "fifteen digits without a word": lambda: f"检测报告{plain(15)}",
        "coordinates": lambda: f"东经101.{plain(11)}，北纬26.{plain(11)}",
        "serial number": lambda: f"产品序列号：{mobile(dice)}",
        "permit of a shop": lambda: f"食品经营许可证JY{plain(14)}",
        "seven or eight digits after a permit": lambda: f"取水许可证编号{plain(8)}",
        "table of amounts": lambda: " ".join(plain(dice.randint(3, 6)) for _ in range(5)),
        "land parcel": lambda: f"宗地号：{plain(19)}",
        "certificate": lambda: f"证书编号：{plain(18)}",
        "standard": lambda: f"GB/T {plain(5)}-{dice.randint(1990, 2026)}",
        "tracking number": lambda: f"快递单号{plain(13)}",
    }  # fmt: skip
    for variety, maker in makers.items():
        for _ in range(18):
            yield Snippet(maker(), "", variety)


# --- words, numbers of documents, dates, sums -------------------------------------------------------------------------

WORD_FRAMES = (
    "会议强调，要{w}，确保各项任务落到实处。",
    "{place}认真{w}。",
    "{w}",
    "通知要求，{w}；并按时上报。",
    "他表示：“{w}”。",
)
WRONG = (
    "全面布署安全工作", "问题己经解决", "再接再励", "既使困难再大也不退缩", "把安全做为首要任务", "工作按排有序", "防患未燃",
    "迫不急待", "一如继往支持", "名列前矛", "乡村震兴", "近一步加强管理", "贯彻落实从严制党", "付局长王某出席", "截止目前共有",
    "克服松驰思想", "必竟时间有限", "参加竟争上岗", "提高公民的自已保护意识", "营商坏境明显改善", "峻工验收", "穿流不息",
    "走头无路", "声名雀起", "坐阵指挥", "坚决惩治贪脏枉法", "发扬光大艰苦奋斗、坚苦卓绝的精神", "甘败下风", "默守成规", "不径而走",
    "渡假区建设", "气慨非凡", "震憾人心", "渲泄情绪", "人民政俯网站", "依法行政冶理", "实行自冶区条例", "反映人民的迫切耍求",
    "调查研究，突出重耍问题", "政务公升工作", "高新技木企业", "应急予案演练", "大有做为", "弄虚做假", "无所做为", "实事求事",
)  # fmt: skip
SOUND = (
    "予以公布署名文章", "他们自己经过努力", "既使群众满意，又使企业增收", "按排名先后领奖", "预防犯罪宣传周", "形势严峻工作繁重",
    "水管里没有水", "问题高度集中", "方案要求各地落实", "档案规定保存十年", "纳入民政府采购计划以外的范围", "继续加强部门协作",
    "毕竟争取到了支持", "煤气份额逐年增加", "上级交付主管部门办理", "这是工作的需要", "作为首要任务", "作出部署", "政协汇报会",
    "社区化管理", "他本人参加", "深夜人静", "科研纠纷调解", "自来水源头治理", "火爆雪场", "担忧质量问题", "推广扩大试点",
    "拓宽扩建道路", "智慧民生工程", "提高得分", "高调拔得头筹", "创健康城市", "农业部门负责人", "文化部分项目", "资金支付主体责任",
    "重复盖章现象", "有关建议已采纳", "机关建设", "信贷源头管理", "主要工作", "目前正在进行", "各地要充分认识", "从严治党", "部分干部",
    "把资料交给他，由他转交", "信息化建设", "参与竞争", "环境治理", "设立专项资金", "共同推进",
)  # fmt: skip


def found_words(dice: random.Random) -> Iterator[Snippet]:
    for wrong in WRONG:
        for _ in range(5):
            yield Snippet(said(dice, *WORD_FRAMES, w=wrong), "wrong_word", wrong)
    for sound in SOUND:
        for _ in range(5):
            yield Snippet(said(dice, *WORD_FRAMES, w=sound), "", f"sound: {sound}")


def found_statements(dice: random.Random) -> Iterator[Snippet]:
    for _ in range(40):
        year, number = dice.randint(2010, 2026), dice.randint(1, 300)
        brackets = dice.choice(["[]", "()", "（）", "【】", "［］"])
        yield Snippet(f"根据攀办发{brackets[0]}{year}{brackets[1]}{number}号文件精神", "document_number", "brackets")
        yield Snippet(f"印发川府函〔{year}〕 {number} 号的通知", "document_number", "blanks")
        yield Snippet(f"攀府发〔{year}〕第{number}号", "document_number", "ordinal")
        yield Snippet(f"根据攀办发〔{year}〕{number}号文件精神", "", "sound document number")
        yield Snippet(f"（{year}）川04行初{number}号判决书", "", "court case in a sentence")
        yield Snippet(f"见第{number}号公告（{year}年）", "", "announcement")
        day = date(dice.randint(2015, 2026), dice.randint(1, 12), dice.randint(1, 28))
        right = WEEKDAYS[day.weekday()]
        wrong = dice.choice([sign for sign in WEEKDAYS if sign != right])
        yield Snippet(
            f"定于{day.year + 0}年{day.month}月{day.day}日（星期{wrong}）上午9时"
            if day > ON
            else f"{day.year}年{day.month}月{day.day}日（星期{wrong}）上午9时",
            "date",
            "weekday",
        )
        yield (
            Snippet(
                f"{day.year}年{day.month}月{day.day}日（星期{right}）上午，{dice.choice(PLACES)}举办活动",
                "",
                "right weekday",
            )
            if day <= ON
            else Snippet(f"{day.year}年{day.month}月{day.day}日（星期{right}）", "", "right weekday")
        )
        yield Snippet(
            f"自{day.year}年{dice.choice(['2月30日', '13月1日', '4月31日', '9月31日', '6月31日'])}起施行",
            "date",
            "no such day",
        )
        yield Snippet(
            f"{dice.choice(['2107', '2206', '0217', '3017'])}年全市完成投资{dice.randint(10, 99)}亿元",
            "date",
            "year of another age",
        )
        yield Snippet(f"在{dice.randint(2015, 2025)}年乃至今后的工作中，我局将继续努力", "date", "outlook")
        yield Snippet(f"在{ON.year}年乃至今后的工作中，我局将继续努力", "", "outlook of this year")
        yield Snippet(f"到{dice.choice([2027, 2030, 2035, 2050])}年，基本实现现代化", "", "year of a plan")
        yield Snippet(
            f"会议将于{dice.randint(2015, 2024)}年{dice.randint(1, 12)}月{dice.randint(1, 28)}日召开",
            "date",
            "announced and over",
        )
        yield Snippet(
            f"{dice.randint(2027, 2029)}年{dice.randint(1, 12)}月{dice.randint(1, 28)}日，{dice.choice(PLACES)}召开了座谈会",
            "date",
            "done and ahead",
        )
        parts = [dice.randint(1, 40) for _ in range(dice.randint(2, 5))]
        names = dice.sample(["行政许可", "行政处罚", "行政确认", "行政奖励", "其他权力"], len(parts))
        words = "、".join(f"{name}{part}项" for name, part in zip(names, parts, strict=True))
        yield Snippet(f"全年清理权力事项共{sum(parts)}项，分别为{words}。", "", "sum that adds up")
        yield Snippet(
            f"全年清理权力事项共{sum(parts) + dice.choice([-1, 1, 10])}项，分别为{words}。", "sum", "sum that does not"
        )
        yield Snippet(
            f"共受理{sum(parts) + dice.randint(1, 50)}件，其中{words.replace('项', '件')}。", "", "some of the parts"
        )


def snippets() -> list[Snippet]:
    """All of them, the same at every call."""
    dice = random.Random(SEED)
    made: list[Snippet] = []
    for maker in (found_personal, harmless_numbers, found_words, found_statements):
        made += maker(dice)
    return made


def written(made: list[Snippet]) -> str:
    return "".join(json.dumps(asdict(snippet), ensure_ascii=False) + "\n" for snippet in made)


def read(file: Path) -> list[Snippet]:
    return [Snippet(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def stored() -> list[Snippet]:
    return read(FILE)


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(written(snippets()), encoding="utf-8")
