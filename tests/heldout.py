"""A second set of labelled snippets, that the rules of the checks were not made with: ``tests/data/snippets/heldout.jsonl``.

Its sentences are those of an office's annual report (``tests/data/snippets/report.txt``) and of tables, notices and lists
as they are published; its wrong words were written down without a look at the lists. What is measured with it is printed
beside the other set and is never a reason to put single words on a list. ``python -m tests.heldout`` writes it.
"""

# ruff: noqa: E501, RUF001 - lines of examples, and the look-alikes are what is tried
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.snippets import Snippet, card, credit_code, grouped, identity, mobile, read, written

HERE = Path(__file__).parent / "data" / "snippets"
FILE = HERE / "heldout.jsonl"
REPORT = HERE / "report.txt"
SEED = 70_411


SLIPS = re.compile(r"〕\d+ 號|2017年乃至今后")
"""What the report itself got wrong: blanks in numbers of documents, and an outlook on the year that was over."""


def sentences() -> list[str]:
    """The sentences of the report, as they were published, without those that have a slip of their own."""
    text = REPORT.read_text(encoding="utf-8")
    found = [part.strip() for part in re.split(r"(?<=[。;；])|\n", text)]
    return [sentence for sentence in found if len(sentence) > 8 and not SLIPS.search(sentence)]


def within(dice: random.Random, words: str) -> str:
    """``words`` between two sentences of the report."""
    before, behind = dice.sample(sentences(), 2)
    return dice.choice([f"{before}{words}", f"{words}{behind}", f"{before}{words}{behind}", words])


# --- numbers of people ------------------------------------------------------------------------------------------------

PEOPLE: dict[str, tuple[str, ...]] = {
    "identity": (
        "擬資助對象公示:周某某,{n},發明專利2件。", "1.吴某 女 {n} 大专 城镇居民", "法定代表人陈某，证号{n}，联系地址同上",
        "受理编号20170032，申请人：马某，{n}", "附名单：郑某/{n}/二级残疾；孙某/详见附表", "【{n}】符合条件，拟予发放",
        "兹有我单位职工杨某（{n}）前往贵处办理手续。", "考生罗某，准考证10423，身份证明：{n}。", "户籍所在地仁和区，号码为{n}，家中四口人",
        "“{n}”已通过核验", "死亡人员：黄某，{n}，2016年3月停发", "監護人唐某(證件{n})代為辦理",
    ),
    "mobile": (
        "聯系人:周某,{n}(同微信)", "报名邮箱 {n}@139.com", "值班安排：周一 何某 {n}", "如有疑问请与许某同志联系（{n}）。",
        "施工负责人韩某、{n}；监理曹某", "投诉电话：3333482或{n}", "快递收件人：冯某，{n}，东区炳草岗大街", "tel:{n}", "支付宝账户{n}（董某）",
        "驾驶员萧某 {n} 川D12345", "河长：程某 {n}；河段长：曹某", "《参会回执》 袁某 处长 {n} 是否住宿：否",
    ),
    "card": (
        "发放账户：{n}（周某）", "工行{n}，户名吴某，1200.00元", "农户马某一折通{n}已到账", "退款至原卡{n}。", "郑某\t{n}\t建设银行\t800",
        "个人账号{n}，开户行农行东区支行",
    ),
}  # fmt: skip
DRESSES: dict[str, tuple[Callable[[str], str], ...]] = {
    "identity": (str, str.lower, lambda n: grouped(n, 6, 4, 4), lambda n: grouped(n, 6, 8), lambda n: grouped(n, 3, 3, 4, 2, 2), lambda n: grouped(n, 6, 8, gap="—")),
    "mobile": (str, lambda n: grouped(n, 3, 4), lambda n: grouped(n, 3, 4, gap="—"), lambda n: grouped(n, 5, 3), lambda n: f"(+86){n}", lambda n: grouped(n, 3, 4, gap=" - ")),
    "card": (str, lambda n: grouped(n, 4, 4, 4, 4), lambda n: grouped(n, 6, 4, 4), lambda n: grouped(n, 4, 4, 4, 4, gap="　")),
}  # fmt: skip
MAKERS = {"identity": identity, "mobile": mobile, "card": card}


def of_people(dice: random.Random) -> Iterator[Snippet]:
    for kind, frames in PEOPLE.items():
        for frame in frames:
            for number, dress in enumerate(DRESSES[kind]):
                if number < 2 or dice.random() < 0.5:
                    text = frame.format(n=dress(MAKERS[kind](dice)))
                    yield Snippet(within(dice, text), kind, f"{frame[:6]} {number}")
    for _ in range(15):
        tail = f"{dice.randrange(10**8):08}"
        yield Snippet(
            within(
                dice,
                dice.choice(
                    ["出国人员周某（护照：E{n}）", "持E{n}号普通护照", "Passport No. E{n}", "护照信息 G{n} 2027年到期"]
                ).format(n=tail),
            ),
            "passport",
            "passport",
        )
        yield Snippet(within(dice, f"港澳台居民：陈某，来往内地通行证{dice.choice('HM')}{tail}"), "passport", "permit")


def of_offices(dice: random.Random) -> Iterator[Snippet]:
    """Numbers of offices, papers and things, many of them as long as those of people."""

    def plain(count: int, first: str = "") -> str:
        rest = count - len(first)
        return first + "".join(str(dice.randrange(10)) for _ in range(rest))

    def day() -> date:
        return date(2010, 1, 1) + timedelta(days=dice.randrange(6_000))

    makers: dict[str, Callable[[], str]] = {
        "office telephone": lambda: f"市科知局辦公室(電話:{plain(7, '3')})",
        "office telephone with area": lambda: f"服务窗口：0812-{plain(7, '3')}/0812-{plain(7, '5')}（工作日）",
        "international telephone": lambda: f"Tel: +86-812-{plain(7, '3')}",
        "telephone and fax in a row": lambda: f"電話 {plain(7, '3')} 傳真 {plain(7, '3')} 郵編 617000",
        "large city": lambda: f"总机010-{plain(8, '6')}转{plain(4)}",
        "hotline": lambda: dice.choice(["拨打12345、12388、12315", "客服95588；95599", "4008-123-123", "400 820 8820"]),
        "document number": lambda: f"根据{dice.choice(['国发', '国办发', '川办函', '攀科知', '財教'])}〔{dice.randint(1999, 2026)}〕{dice.randint(1, 999)}号",
        "order of the state council": lambda: f"《條例》(國務院令第{dice.randint(300, 800)}號)已于{day():%Y年}施行",
        "credit code": lambda: f"{dice.choice(['机构代码', '三证合一', '社会信用代码证', '纳税人识别号'])}{credit_code(dice)}",
        "credit code in a table": lambda: f"攀枝花某某科技公司\t{credit_code(dice)}\t高新技术企业",
        "tax number of old": lambda: f"税号：{plain(15, '5104')}",
        "order number": lambda: f"政府采购订单编号：{plain(dice.choice([11, 16, 18, 20]), '1')}",
        "payment voucher": lambda: f"支付凭证号{plain(dice.choice([16, 19]), '3')}，金额{dice.randint(1, 90)}万元",
        "amount": lambda: f"专项资金{plain(11, '1')}.00元已下达",
        "amount in words": lambda: f"{dice.choice(['预算', '决算', '拨款'])}{plain(11, '13')}元整",
        "ISBN": lambda: f"ISBN：978{plain(10, '7')}",
        "ISSN and CN": lambda: f"CN 51-{plain(4)}/N，ISSN 1000-{plain(4)}",
        "date in one": lambda: f"发布日期{day():%Y%m%d}{dice.choice(['', '093000'])}",
        "range of years": lambda: f"{dice.randint(2001, 2010)}—{dice.randint(2011, 2025)}年规划期内",
        "bank branch": lambda: f"开户行行号：{plain(12, '10')}",
        "account of an office": lambda: f"收款单位：市财政局，开户行：工商银行，账号：{plain(19, '2302')}",
        "account of an office in a notice": lambda: f"投标保证金汇入：户名 市公共资源交易中心 账号 {plain(17, '51')}",
        "invoice of 20 digits": lambda: f"数电发票 {plain(20, '25')}",
        "standard": lambda: f"执行GB{plain(5)}.{dice.randint(1, 9)}-{dice.randint(1990, 2025)}",
        "patent": lambda: f"发明专利（ZL {dice.randint(2003, 2025)} 1 {plain(7, '0')}.{dice.choice('0123456789X')}）",
        "project": lambda: f"项目编号：{dice.randint(2012, 2026)}CY-{plain(3)}；立项文号川科计〔2017〕{dice.randint(1, 30)}号",
        "tender": lambda: f"采购项目编号510401{dice.randint(2015, 2026)}{plain(5)}",
        "exam": lambda: f"准考证号{plain(14, '5104')}，笔试成绩{dice.randint(60, 90)}.5",
        "school": lambda: f"学号{plain(12, '2017')}",
        "IMEI": lambda: f"执法记录仪IMEI码{plain(15, '86')}",
        "SIM card": lambda: f"物联网卡ICCID 8986{plain(16, '04')}",
        "meter": lambda: f"水表表号{plain(12, '13')}",
        "bar code": lambda: f"商品条码{plain(13, '69')}",
        "parcel": lambda: f"宗地编码{plain(19, '510402')}",
        "real estate": lambda: f"川（{dice.randint(2016, 2025)}）攀枝花市不动产权第{plain(7)}号",
        "court": lambda: f"({dice.randint(2010, 2025)})川0402民初{plain(4)}号民事判决",
        "petition": lambda: f"信访件受理编号：{plain(18, '5104')}",
        "case number": lambda: f"攀知执字〔{dice.randint(2010, 2018)}〕{dice.randint(1, 40)}号",
        "group of WeChat": lambda: f"QQ群：{plain(9, '6')}",
        "coordinates": lambda: f"位于东经101.{plain(6)}°、北纬26.{plain(6)}°",
        "address of a page": lambda: f"http://www.panzhihua.gov.cn/zwgk/{day():%Y%m}/t{day():%Y%m%d}_{plain(7)}.shtml",
        "long address of a page": lambda: f"https://mp.weixin.qq.com/s?__biz=MzA{plain(11, '13')}&mid={plain(10, '26')}",
        "time of a computer": lambda: f"导出时间戳{plain(13, '17')}",
        "version": lambda: f"平台版本V{dice.randint(1, 9)}.{dice.randint(0, 20)}.{plain(4)}",
        "row of figures": lambda: "　".join(plain(dice.randint(2, 5), "1") for _ in range(7)),
        "results": lambda: f"完成投资{dice.randint(100, 999)}.{dice.randint(10, 99)}亿元，同比增长{dice.randint(1, 20)}.{dice.randrange(10)}%",
        "medical permit": lambda: f"医疗机构执业许可证登记号{plain(18, '51')}",
        "food permit": lambda: f"许可证编号JY{plain(14, '15104')}",
        "business licence of old": lambda: f"注册号{plain(15, '5104')}",
        "vehicle": lambda: f"车辆识别代号LSV{plain(14)}",
        "masked": lambda: f"{identity(dice)[:6]}XXXXXXXX{identity(dice)[-4:]}，{mobile(dice)[:3]}****{mobile(dice)[-4:]}",
        "masked card": lambda: f"尾号{plain(4)}的社保卡",
        "index": lambda: f"索引號 00829{plain(4)}-{dice.randint(2008, 2018)}-{plain(5)}",
        "lottery": lambda: f"中签号码末四位{plain(4)}，末六位{plain(6)}",
        "seismic": lambda: f"台站编码{plain(11, '51')}",
    }  # fmt: skip
    for variety, maker in makers.items():
        for _ in range(7):
            yield Snippet(within(dice, maker()), "", variety)


# --- words ------------------------------------------------------------------------------------------------------------

WRITTEN_WRONG = (
    "按步就搬地开展工作", "人才倍出", "再接再历", "即然已经明确", "参与竟标", "有持无恐", "自立更生", "默守陈规", "旁证博引", "提心掉胆",
    "好高鹜远", "严格尊守规定", "认真覆行职责", "党风廉正建设", "反腐唱廉", "一窗受里", "优化营商环竟", "制定相应措失", "取得明显成郊",
    "进一步加强领到", "全面推进依法冶市", "认真贯切落实", "积极响应号招", "切实加强组织领寻", "坚决杜决", "及时反溃", "做出重要布署",
    "会议由付局长主持", "截止12月底全部完成", "己于上月完成", "渊远流长", "世外桃园", "水份过高", "必需认真对待", "提高办事效益和效律",
    "增加透明渡", "严励打击", "坚守岗立", "民生改善名显", "深入调察研究", "加强舆论引道", "充分发辉作用", "制度不够完膳", "项目进展顺力",
    "经费得到保章", "扎实作好各项工作", "人民群众的切身利意", "争取早日竣功", "弘杨正能量", "推陈出薪", "蛛丝蚂迹", "甘败下风",
    "出奇不意", "防患于未燃", "走头无路", "迫不急待", "穿流不息", "声名雀起", "张灯结采", "欢渡国庆", "谈笑风声", "以身作责",
    "既往不究既使如此", "不径而走", "振耳欲聋", "一诺千斤", "美仑美奂", "入不付出", "各行其事", "变本加利",
)  # fmt: skip
WRITTEN_RIGHT = (
    "与施工单位签订贷款协议", "灌区工程续建配套", "财政资金自动划转", "三次产业划分规定", "各县区报送培训汇总表", "双方协商订立合同", "发布暑期安全提示",
    "交通枢纽转换中心", "各自已完成整改任务", "接洽当地企业", "批复盖章后生效", "药品不良反应问题较少", "检查院内感染防控", "取消划线", "取消署名",
    "登记薄弱村集体经济", "公安机关通缉要犯", "分析扣分原因", "陶冶理想信念", "保持一贯策略", "变更叠加", "更换醒目标识", "教盲人使用手机", "外籍助教到校任教",
    "防治炼油污染", "协会报告会", "村民持股分红", "建成一座标准化厂房", "必须要坚持底线", "草案语言精练", "骨干与专家座谈", "分子细胞研究", "机关连续三年考核优秀",
    "方案订做细做实", "设计画册", "组成份额", "特定单位", "酒精采购", "鲜花消费", "注重覆盖面", "热情素质兼备", "关联接口改造", "两份内容一致", "象征意义良好",
    "权力和责任清单", "权利与义务对等", "截至目前", "法治政府建设", "做好信访工作", "作为重点任务", "副局长到会", "竞争上岗", "部署推进", "已经完成",
    "自己动手", "再接再厉", "即使如此", "继往开来", "弘扬正气", "震撼人心", "按照排序公示", "安排专人", "支付主任基金利息", "预防犯罪", "消防犯规处罚",
)  # fmt: skip


def of_words(dice: random.Random) -> Iterator[Snippet]:
    for wrong in WRITTEN_WRONG:
        yield Snippet(within(dice, f"{wrong}。"), "wrong_word", wrong)
    for right in WRITTEN_RIGHT:
        yield Snippet(within(dice, f"{right}。"), "", right)


# --- days, sums, numbers of documents ---------------------------------------------------------------------------------


def of_statements(dice: random.Random) -> Iterator[Snippet]:
    for _ in range(16):
        year, number = dice.randint(2008, 2026), dice.randint(1, 400)
        yield Snippet(
            within(
                dice,
                f"《关于做好有关工作的通知》（川科政{dice.choice(['[', '［', '【'])}{year}{dice.choice([']', '］', '】'])}{number}号）",
            ),
            "document_number",
            "brackets",
        )
        yield Snippet(within(dice, f"按照攀委办〔{year}〕0{number}号要求"), "document_number", "leading zero")
        yield Snippet(
            within(dice, f"按照攀委办〔{year}〕{number}号、攀委发〔{year}〕{number + 1}号要求"),
            "",
            "two document numbers",
        )
        yield Snippet(within(dice, f"经{year}年第{number % 20 + 1}次局长办公会研究"), "", "meeting")
        yield Snippet(
            within(
                dice,
                f"时间：{dice.choice([2016, 2017, 2018])}年{dice.choice(['2月30日', '6月31日', '11月31日', '14月2日'])}，地点：会议室",
            ),
            "date",
            "no such day",
        )
        yield Snippet(
            within(dice, f"预计{dice.choice(['2108', '2207', '3018'])}年底全部建成"), "date", "slip of a year"
        )
        day = date(2015, 1, 1) + timedelta(days=dice.randrange(4_000))
        sign, wrong = "一二三四五六日"[day.weekday()], "一二三四五六日"[(day.weekday() + dice.randint(1, 6)) % 7]
        yield Snippet(within(dice, f"{day.year}年{day.month}月{day.day}日(周{wrong})下午"), "date", "weekday")
        yield Snippet(within(dice, f"{day.year}年{day.month}月{day.day}日(周{sign})下午"), "", "right weekday")
        yield Snippet(
            within(dice, f"{day.year}年{day.month}月{day.day}日至{day.month}月{min(day.day + 1, 28)}日"),
            "",
            "range of days",
        )
        yield Snippet(within(dice, f"據{dice.choice(['1949', '1978', '2035', '2049'])}年的目标"), "", "far year")
        parts = [dice.randint(2, 60) for _ in range(dice.randint(2, 4))]
        names = dice.sample(["门户网站", "微博", "微信公众号", "报刊", "电话"], len(parts))
        said = "、".join(f"{name}{part}条" for name, part in zip(names, parts, strict=True))
        yield Snippet(within(dice, f"全年共计{sum(parts)}条,按渠道分:{said}。"), "", "sum")
        yield Snippet(
            within(dice, f"全年共计{sum(parts) + dice.choice([-2, 3, 10])}条,按渠道分:{said}。"), "sum", "wrong sum"
        )
        yield Snippet(
            within(dice, f"合计{sum(parts) - dice.randint(1, min(parts))}条（其中{said}）。"),
            "sum",
            "parts more than the whole",
        )
        yield Snippet(within(dice, f"发布{sum(parts)}条，{said}，另有{dice.randint(2, 9)}件来信。"), "", "no total")


def heldout() -> list[Snippet]:
    """All of them, the same at every call; the sentences of the report are some themselves, nothing is wrong in them."""
    dice = random.Random(SEED)
    made = [Snippet(sentence, "", "as published") for sentence in sentences()]
    for maker in (of_people, of_offices, of_words, of_statements):
        made += maker(dice)
    return made


def stored() -> list[Snippet]:
    return read(FILE)


if __name__ == "__main__":
    FILE.write_text(written(heldout()), encoding="utf-8")
