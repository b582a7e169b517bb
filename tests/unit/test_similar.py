"""What was submitted twice is noticed, and the issues of one series are not taken for one another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from publisher.cli.similar import heed
from publisher.items.actions import Wish, revise, submit
from publisher.items.likeness import BANDS, Comparable, likeness
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, TextBand
from publisher.items.similar import similar
from publisher.office import Office

NOTICE_TITLE = "攀枝花市科学技术局关于开展2026年度专利申请资助申报工作的通知"
NOTICE = """<p>各县（区）科技主管部门，各有关单位：</p>
<p>为进一步激发全社会创新活力，提高专利申请数量和质量，根据《攀枝花市专利资助与奖励办法》（攀办发〔2024〕36号）规定，
现就开展2026年度专利申请资助申报工作有关事项通知如下：</p>
<h2>一、资助对象</h2>
<p>在我市行政区域内注册登记的企业、事业单位、社会团体，以及具有我市户籍或者在我市工作、学习的个人。</p>
<h2>二、资助标准</h2>
<p>（一）国内发明专利申请，每件资助1000元；获得授权后，每件再资助3000元。</p>
<p>（二）国外发明专利授权，每件资助20000元，每件专利最多资助2个国家。</p>
<p>（三）实用新型专利授权，每件资助500元。</p>
<h2>三、申报时间</h2>
<p>2026年3月1日至3月31日，逾期不再受理。申报材料一式两份，报市科学技术局知识产权科，联系电话：0812-3333333。</p>
<p>特此通知。</p><p>攀枝花市科学技术局</p><p>2026年2月20日</p>"""

NEWS_TITLE = "我市启动2026年科技活动周"
NEWS = """<p>5月20日，攀枝花市2026年科技活动周启动仪式在市中心广场举行。副市长李明出席仪式并讲话。
本届科技活动周以“科技创新
强国富民”为主题，为期一周。活动期间，全市将组织科普讲座32场、科技成果展览6个、实验室开放日活动15次，预计参与群众超过
2万人次。</p><p>李明指出，举办科技活动周是普及科学知识、弘扬科学精神的重要举措，各级各部门要以此为契机，广泛动员社会
力量参与科普工作，不断提升全民科学素质，为建设创新型城市营造良好氛围。</p><p>启动仪式上，市科学技术局向10所学校赠送了
科普图书和实验器材。与会人员还参观了科技成果展。</p>"""


def in_traditional(text: str) -> str:
    return str(OpenCC("s2t").convert(text))


def with_other_marks(text: str) -> str:
    for old, new in {"，": ",", "。": ". ", "“": '"', "”": '"', "（": "(", "）": ")", "：": ":", "、": " 、 "}.items():
        text = text.replace(old, new)
    return text


def in_wide_digits(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() and sign.isascii() else sign for sign in text)


def same(text: str) -> str:
    return text


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text

    return change


TWICE: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "word for word": (same, same),
    "Traditional": (in_traditional, in_traditional),
    "other punctuation": (with_other_marks, with_other_marks),
    "wide digits": (in_wide_digits, in_wide_digits),
    "without paragraphs": (same, lambda html: "<p>" + html.replace("<p>", "").replace("</p>", "") + "</p>"),
    "another title": (lambda _title: "通知", same),
    "title with the issuer": (lambda title: f"关于印发《{title}》的函", same),
    "slips mended": (
        same,
        lambda html: html.replace("重要", "重大").replace("进一步", "更好地").replace("各级", "全市"),
    ),
    "a sentence more": (same, lambda html: html + "<p>有关工作进展情况请及时报送，确保工作落到实处。</p>"),
    "Traditional with slips mended": (in_traditional, lambda html: in_traditional(html.replace("我市", "本市"))),
    "pictures put in": (same, lambda html: html + f'<figure><img src="asset:{"a" * 64}" alt=""></figure>'),
}


@pytest.mark.parametrize(("title", "html"), [(NOTICE_TITLE, NOTICE), (NEWS_TITLE, NEWS)], ids=["notice", "news"])
@pytest.mark.parametrize(("of_title", "of_text"), TWICE.values(), ids=TWICE)
@pytest.mark.django_db
def test_the_same_text_written_down_otherwise_is_noticed(
    office: Office, title: str, html: str, of_title: Callable[[str], str], of_text: Callable[[str], str]
) -> None:
    first = submit(office, Manuscript(title, html, ()), Wish(), by="t").item
    (found,) = similar(office, of_title(title), of_text(html))
    assert found.item == first
    assert found.score >= 0.85
    assert title in str(found.why)


# Two issues of one series, or two papers after one pattern: much alike, and not one

WEEKLY_TITLE = "攀枝花市环境空气质量周报（2026年第12期）"
WEEKLY = """<p>2026年3月16日至3月22日，我市环境空气质量总体良好。全市空气质量优良天数为6天，轻度污染1天，
首要污染物为臭氧。
细颗粒物（PM2.5）平均浓度为35微克/立方米，同比下降8.2%；可吸入颗粒物（PM10）平均浓度为61微克/立方米，同比下降5.4%；
二氧化硫平均浓度为18微克/立方米，同比持平；二氧化氮平均浓度为27微克/立方米，同比上升1.1%。</p>
<p>预计下周我市以晴间多云天气为主，扩散条件一般，空气质量以优良为主，请市民合理安排户外活动。</p>"""

PATENTS = """<p>本周，市知识产权服务中心共受理专利申请{a}件，其中发明{b}件、实用新型{c}件、外观设计{d}件；
接待群众咨询{e}人次，
组织企业培训{f}场。下一步，中心将继续做好专利申请受理和咨询服务工作，及时回应企业和群众关切，不断提升服务水平。</p>"""

APPROVAL = """<p>{who}：</p><p>你单位《关于申请设立科普教育基地的请示》收悉。经研究，现批复如下：</p><p>一、
同意{who}设立市级科普
教育基地。</p><p>二、请{who}按照《攀枝花市科普教育基地管理办法》要求，完善各项管理制度，落实专职人员和工作经费，
面向公众
开放，每年开放时间不少于规定天数。</p><p>三、科普教育基地实行动态管理，我局将定期组织考核，考核不合格的，
撤销其称号。</p>
<p>此复。</p>"""

HOLIDAY = """<p>根据《国务院办公厅关于{year}年部分节假日安排的通知》精神，
现将我局{year}年国庆节放假安排通知如下：</p><p>{month}月{a}日
至{b}日放假调休，共{n}天。{c}日上班。</p><p>节假日期间，请各科室妥善安排好值班和安全、保卫等工作，
遇有重大突发事件，要按规定
及时报告并妥善处置，确保全局干部职工度过平安祥和的节日假期。</p>"""

APPOINTED = """<p>根据《党政领导干部选拔任用工作条例》规定，现将拟任职人员情况公示如下：</p><p>{name}，{sex}，
汉族，{born}出生，
大学学历，中共党员，现任市科学技术局{post}，拟任市科学技术局{next}。</p><p>公示期间，如对公示对象有异议，
可通过来信、来电、
来访等方式向市科学技术局人事科反映。反映问题应当实事求是，并署真实姓名和联系方式。</p>"""

APART: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "weekly report, number in the title": (
        (WEEKLY_TITLE, WEEKLY),
        (
            WEEKLY_TITLE.replace("12", "13"),
            replaced(
                ("3月16日至3月22日", "3月23日至3月29日"),
                ("6天", "5天"),
                ("污染1天", "污染2天"),
                ("35", "38"),
                ("61", "66"),
            )(WEEKLY),
        ),
    ),
    "weekly report, one figure and the dates changed": (
        (WEEKLY_TITLE, WEEKLY),
        (
            "攀枝花市环境空气质量周报（2026年第十三期）",
            replaced(("3月16日至3月22日", "3月23日至3月29日"), ("35", "34"))(WEEKLY),
        ),
    ),
    "weekly figures without any number in the title": (
        ("本周专利申请受理情况", PATENTS.format(a=35, b=12, c=18, d=5, e=64, f=2)),
        ("本周专利申请受理情况", PATENTS.format(a=41, b=15, c=20, d=6, e=58, f=1)),
    ),
    "approvals for two bodies": (
        ("关于同意市第一中学校设立科普教育基地的批复", APPROVAL.format(who="市第一中学校")),
        ("关于同意市自然博物馆设立科普教育基地的批复", APPROVAL.format(who="市自然博物馆")),
    ),
    "holidays of two years": (
        ("关于2025年国庆节放假的通知", HOLIDAY.format(year=2025, month=10, a=1, b=8, n=8, c=11)),
        ("关于2026年国庆节放假的通知", HOLIDAY.format(year=2026, month=10, a=1, b=7, n=7, c=10)),
    ),
    "two appointments under one title": (
        (
            "干部任前公示",
            APPOINTED.format(name="王建国", sex="男", born="1978年5月", post="办公室主任", next="副局长"),
        ),
        (
            "干部任前公示",
            APPOINTED.format(name="李秀英", sex="女", born="1982年11月", post="规划科科长", next="总工程师"),
        ),
    ),
    "quarters": (
        ("2026年一季度科技项目进展情况", PATENTS.format(a=35, b=12, c=18, d=5, e=64, f=2)),
        ("2026年二季度科技项目进展情况", PATENTS.format(a=35, b=12, c=18, d=5, e=64, f=3)),
    ),
    "halves of a year": (
        ("2026年上半年专利受理情况", PATENTS.format(a=35, b=12, c=18, d=5, e=64, f=2)),
        ("2026年下半年专利受理情况", PATENTS.format(a=35, b=12, c=18, d=5, e=64, f=2)),
    ),
    "a list in the attachment": (
        ("关于张建华等同志获奖情况的公示", "<p>现将有关情况予以公示，公示期为5个工作日，详见附件。</p>"),
        ("关于刘志强等同志获奖情况的公示", "<p>现将有关情况予以公示，公示期为5个工作日，详见附件。</p>"),
    ),
    "pictures of two events": (
        ("图片新闻", f'<figure><img src="asset:{"a" * 64}" alt=""></figure>'),
        ("图片新闻", f'<figure><img src="asset:{"b" * 64}" alt=""></figure>'),
    ),
    "two meetings": (
        (
            "市科学技术局召开党组会议",
            "<p>11月3日，市科学技术局党组书记、局长主持召开党组会议，传达学习上级有关会议精神，研究贯彻落实意见。会议要求，全局上下"
            "要提高思想认识，扎实推进重点项目建设，确保全年目标任务圆满完成。会议还研究了人事工作。</p>",
        ),
        (
            "市科学技术局召开党组会议",
            "<p>11月17日，市科学技术局党组书记、局长主持召开党组会议，听取安全生产工作情况汇报，安排部署下一步工作。会议强调，要压实"
            "安全责任，全面排查实验室和在建项目的风险隐患，坚决防范各类事故发生。会议还审议了预算调整方案。</p>",
        ),
    ),
    "one pattern, two things": ((NOTICE_TITLE, NOTICE), (NEWS_TITLE, NEWS)),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART)
@pytest.mark.django_db
def test_two_of_one_pattern_are_two(office: Office, one: tuple[str, str], other: tuple[str, str]) -> None:
    submit(office, Manuscript(*one, ()), Wish(), by="t")
    assert similar(office, *other) == []
    assert len(similar(office, *one)) == 1


def test_the_issues_of_a_whole_year_are_not_taken_for_one_another() -> None:
    weeks = [
        Comparable("本周专利申请受理情况", PATENTS.format(a=30 + n, b=n, c=18 + n % 7, d=n % 5, e=60 + n, f=n % 4))
        for n in range(52)
    ]
    alarms = [(a, b) for a in range(52) for b in range(a) if likeness(weeks[a], weeks[b])]
    assert alarms == []


@pytest.mark.django_db
def test_the_newest_text_counts_and_what_is_itself_or_long_ago_or_elsewhere_does_not(office: Office) -> None:
    item = submit(office, Manuscript(NEWS_TITLE, NEWS, ()), Wish(), by="t").item
    assert similar(office, NEWS_TITLE, NEWS, apart_from=item.pk) == []
    Item.objects.filter(pk=item.pk).update(office="elsewhere")
    assert similar(office, NEWS_TITLE, NEWS) == []
    Item.objects.filter(pk=item.pk).update(office=office.slug)
    with time_machine.travel(timezone.now() + timedelta(days=500)):
        assert similar(office, NEWS_TITLE, NEWS) == []
        assert len(similar(office, NEWS_TITLE, NEWS, within=timedelta(days=600))) == 1
    revise(office, item, Manuscript(NOTICE_TITLE, NOTICE, ()), Wish(), by="t")
    assert similar(office, NEWS_TITLE, NEWS) == []
    assert [found.item for found in similar(office, NOTICE_TITLE, NOTICE)] == [item]
    assert TextBand.objects.filter(item=item).count() <= BANDS


@pytest.mark.django_db
def test_the_most_alike_comes_first_and_is_found_among_many_of_one_series(office: Office) -> None:
    for n in range(60):
        text = PATENTS.format(a=30 + n, b=n, c=18 + n % 7, d=n % 5, e=60 + n, f=n % 4)
        submit(office, Manuscript("本周专利申请受理情况", text, ()), Wish(), by="t")
    wanted = PATENTS.format(a=35, b=5, c=23, d=0, e=65, f=1)
    (found,) = similar(office, "专利申请受理情况（本周）", in_traditional(wanted))
    assert found.score == 1
    assert wanted == found.item.revisions.get().html


CHOICES = {"ask": (None, ""), "submit": (None, ""), "refuse": (1, "没有提交")}


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "status", "words"), [(key, *value) for key, value in CHOICES.items()], ids=CHOICES)
def test_a_command_says_what_is_there_and_stops_where_that_is_wanted(
    office: Office, capsys: pytest.CaptureFixture[str], choice: str, status: int | None, words: str
) -> None:
    submit(office, Manuscript(NEWS_TITLE, NEWS, ()), Wish(), by="t")
    found = similar(office, NEWS_TITLE, NEWS)
    with pytest.raises(SystemExit) if status else nullcontext() as stopped:
        heed(found, choice)
    assert (stopped.value.code if stopped else None) == status
    said = capsys.readouterr()
    assert NEWS_TITLE in said.err
    assert words in said.err
    assert said.out == ""
    heed([], choice)
    assert capsys.readouterr().err == ""


@given(st.text(max_size=80), st.text(max_size=200), st.text(max_size=200))
def test_whatever_is_compared_a_text_is_like_itself_and_likeness_has_no_direction(
    title: str, one: str, other: str
) -> None:
    first, second = Comparable(title, f"<p>{one}</p>"), Comparable(title, f"<p>{other}</p>")
    assert likeness(first, first) == 1
    assert likeness(first, second) == likeness(second, first)
    assert all(0 <= band < 2**63 for band in first.bands("kzj"))
    assert first.bands("kzj") == Comparable(title, f"<p>{one}</p>").bands("kzj")
