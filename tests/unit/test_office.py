"""The configuration file: what is right is read, what is wrong is named with its place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation

from publisher.office import BadConfiguration, load, missing_secrets
from publisher.wording import sentence

MODEL = Path(__file__).parents[2] / "config" / "office.toml"


def test_a_byte_order_mark_of_the_editor_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    path.write_text(MODEL.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load(path, home=tmp_path).slug == "kzj"


END = "\n[[columns]]"
"""Before the first of these another table may stand."""

OPENID = """[security.oidc]
issuer = "https://sso.example.gov.cn"
client_id = "publisher"
client_secret = "env:OIDC"
"""

MAIL = '[mail]\nhost = "localhost"\nsender = "a@b.cn"\n'

STEP = '{ key = "leader", name = "签发", kind = "sign" }'


def step(settings: str) -> str:
    """One step with further settings, in place of none."""
    return f"steps = [{STEP.replace(' }', f', {settings} }}')}]"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = MODEL.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "office.toml"
    path.write_text(text.replace(old, f"\n{new}{old}" if old == END else new, 1), encoding="utf-8")
    return path


def test_the_model_office_is_read(tmp_path: Path) -> None:
    office = load(MODEL, home=tmp_path)
    assert office.name == "攀枝花市科学技术和知识产权局"
    assert list(office.channels) == ["portal", "wechat", "weibo", "daily"]
    assert office.columns["annual-reports"].column_class == "信息公开年报"
    assert office.channels["weibo"].link_from == "portal"


def test_the_approval_the_model_office_proposes_is_one(tmp_path: Path) -> None:
    text = MODEL.read_text(encoding="utf-8")
    first, last = text.index("# [[workflow.steps]]"), text.index("#\n# Further settings of a step")
    proposed = "".join(line.removeprefix("#").removeprefix(" ") for line in text[first:last].splitlines(keepends=True))
    path = tmp_path / "office.toml"
    path.write_text(text.replace("steps = [] ", "# ").replace(text[first:last], proposed), encoding="utf-8")
    steps = load(path, home=tmp_path).workflow.steps
    assert [(step.key, step.kind, step.deciding_roles) for step in steps] == [
        ("head", "review", ("reviewer",)),
        ("secrecy", "secrecy", ("secrecy_reviewer",)),
        ("leader", "sign", ("signer",)),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('slug = "kzj"', 'slug = "K Z J"', "office.slug"),
        ('slug = "kzj"\n', "", "office.slug"),
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Panzhihua"', "office.timezone"),
        ("direct_release = true", "direct_relase = true", "workflow.direct_relase"),
        ('key = "notices"', 'key = "dynamics"', "columns"),
        ('class = "通知公告"\n', "", "columns.1.class"),
        ('class = "通知公告"', 'class = "通知公告"\nchannels = ["portal", "sms"]', "columns.1.channels"),
        ('class = "通知公告"', 'class = "通知公告"\nchannels = []', "columns.1.channels"),
        ('class = "通知公告"', 'class = "通知公告"\nparent = "news"', "columns.1.parent"),
        ('class = "通知公告"', 'class = "通知公告"\nparent = "notices"', "columns.1.parent"),
        ('kind = "weibo"', 'kind = "weebo"', "channels.weibo.kind"),
        ('app_secret = "env:WECHAT_APP_SECRET"', 'app_secret = "0123456789abcdef"', "channels.wechat.app_secret"),
        ('link_from = "portal"', 'link_from = "website"', "channels.weibo.link_from"),
        ('driver = "static"', 'driver = "dynamic"', "channels.portal.driver"),
        ("capacity_chars = 1200", "capacity_chars = -1", "channels.daily.capacity_chars"),
        ("timeout_s = 10", 'timeout_s = "soon"', "channels.wechat.timeout_s"),
        ('deliver = "folder:exports/daily"', 'deliver = "exports/daily"', "channels.daily.deliver"),
        ("steps = []", "steps = [{}]", "workflow.steps.0.key"),
        ("steps = []", f"steps = [{STEP}, {STEP}]", "workflow.steps"),
        ("steps = []", f"steps = [{', '.join([STEP] * 6)}]", "workflow.steps"),
        ("steps = []", f"steps = [{STEP.replace('sign', 'seal')}]", "workflow.steps.0.kind"),
        ("steps = []", step('roles = ["reviewer"]'), "workflow.steps.0.roles"),
        ("steps = []", step('roles = ["boss"]'), "workflow.steps.0.roles.0"),
        ("steps = []", step('needs = "all"'), "workflow.steps.0.people"),
        ("steps = []", step('people = ["a", "a"]'), "workflow.steps.0.people"),
        ("steps = []", step('deputies = { a = "b" }'), "workflow.steps.0.deputies"),
        ("steps = []", step('people = ["a", "b"], deputies = { a = "b" }'), "workflow.steps.0.deputies"),
        ("steps = []", step('people = ["a", "b"], deputies = { a = "c", b = "c" }'), "workflow.steps.0.deputies"),
        ("steps = []", step('again_when = ["colour"]'), "workflow.steps.0.again_when.0"),
        ("steps = []", step("working_days = 0"), "workflow.steps.0.working_days"),
        ("steps = []", "steps = []\nworking_days = 0", "workflow.working_days"),
        (END, '[log]\ncheckpoint_mail = ["a@b.cn"]\n', "mail"),
        (END, '[log]\ncheckpoint_mail = ["a b@b.cn"]\n', "log.checkpoint_mail.0"),
        (END, '[log]\ncheckpoint_folders = ["../out"]\n', "log.checkpoint_folders.0"),
        (END, '[log]\ncheckpoint_folders = ["/srv/out"]\n', "log.checkpoint_folders.0"),
        (END, '[log]\nfolders = ["out"]\n', "log.folders"),
        (END, MAIL.replace("localhost", ""), "mail.host"),
        (END, MAIL + 'security = "ssl"\n', "mail.security"),
        (END, MAIL + "port = 0\n", "mail.port"),
        (END, MAIL + 'username = "clerk"\n', "mail.username"),
        (END, MAIL + 'username = "env:MAIL_USERNAME"\n', "mail.password"),
        (END, MAIL + 'password = "file:/run/mail"\n', "mail.username"),
        (END, '[security]\ntotp_roles = ["singer"]\n', "security.totp_roles.0"),
        (END, "[security]\nidle_minutes = 1\n", "security.idle_minutes"),
        (END, "[security]\nsession_hours = 1000\n", "security.session_hours"),
        (END, OPENID.replace("https:", "http:"), "security.oidc.issuer"),
        (END, OPENID.replace("env:OIDC", "the secret itself"), "security.oidc.client_secret"),
        (END, OPENID.replace("client_id", "client"), "security.oidc.client_id"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(changed(tmp_path, old, new), home=tmp_path)
    assert key in [flaw.key for flaw in caught.value.flaws]
    assert all(sentence(flaw.text).endswith((".", "。")) for flaw in caught.value.flaws)


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ('slug = "kzj"\n', "", "office.slug", "缺少此项设置：请补充。"),
        ('slug = "kzj"', 'slug = "K Z"', "office.slug", "键名须以小写字母开头"),
        ('slug = "kzj"', "slug = 5", "office.slug", "请写为带引号的文字。"),
        ('name = "工作动态"', 'name = " "', "columns.0.name", "不能为空：请填写。"),
        ('name = "工作动态"', f'name = "{"长" * 101}"', "columns.0.name", "内容过长：请不要超过 100 个字符。"),
        (
            "direct_release = true",
            "direct_relase = true",
            "workflow.direct_relase",
            "没有此项设置：请删除，或改正名称。",
        ),
        ("direct_release = true", 'direct_release = "ja"', "workflow.direct_release", "请写 true 或 false，不带引号。"),
        ("steps = []", 'steps = "first"', "workflow.steps", "此处应为列表：请写在方括号内。"),
        ("quotas = { posts_per_hour", "quotas = 5 # {", "channels.weibo.quotas", "此处应为表：请以 [ ] 标题开头。"),
        ("[channels.daily]", '[channels."D X"]', "channels.D X", "键名须以小写字母开头"),
        ('kind = "weibo"\n', "", "channels.weibo.kind", '没有渠道类型 ""：请写下列之一：website'),
        ("timeout_s = 10", 'timeout_s = "soon"', "channels.wechat.timeout_s", "请写数字，不带引号。"),
        ("timeout_s = 10", "timeout_s = 0", "channels.wechat.timeout_s", "请写大于 0 的数。"),
        ("timeout_s = 10", "timeout_s = 301", "channels.wechat.timeout_s", "请写不大于 300 的数。"),
        ("capacity_chars = 1200", "capacity_chars = 1.5", "channels.daily.capacity_chars", "请写整数，不带引号。"),
        ("capacity_chars = 1200", "capacity_chars = -1", "channels.daily.capacity_chars", "请写不小于 0 的数。"),
        ('mode = "publish"', 'mode = "send"', "channels.wechat.mode", "请写下列之一：'publish', 'mass', 'draft'。"),
        ('formats = ["docx", "txt"]', "formats = []", "channels.daily.formats", "此处缺少内容：请至少写 1 项。"),
        ('rip = "203.0.113.7"', 'rip = "1.2.3"', "channels.weibo.rip", "IPv4 地址有误"),
        ('driver = "static"', 'driver = "ftp"', "channels.portal.driver", '没有驱动 "ftp"：请写下列之一：static'),
        ("[workflow]", "[workflow", "", "第 10 行自第 10 列起不符合 TOML 语法"),
        ('deliver = "folder:exports/daily"', "deliver =", "", "不符合 TOML 语法"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_mistake_is_told_in_chinese_with_its_remedy(
    tmp_path: Path, old: str, new: str, key: str, remedy: str
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(changed(tmp_path, old, new), home=tmp_path)
    with translation.override("zh-hans"):
        told = {flaw.key: sentence(flaw.text) for flaw in caught.value.flaws}
    assert remedy in told[key]
    assert told[key].endswith("。")


def test_a_column_may_say_which_channels_its_items_usually_go_to(tmp_path: Path) -> None:
    named = 'class = "通知公告"\nchannels = ["weibo", "portal"]'
    office = load(changed(tmp_path, 'class = "通知公告"', named), home=tmp_path)
    assert office.channels_of("notices") == ["portal", "weibo"]
    assert office.channels_of("policies") == list(office.channels)


def test_a_channel_that_waits_for_a_faulty_one_is_not_blamed_for_it(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(changed(tmp_path, 'driver = "static"', 'driver = "dynamic"'), home=tmp_path)
    assert [flaw.key for flaw in caught.value.flaws] == ["channels.portal.driver"]


def test_a_secret_written_into_the_file_is_not_repeated(tmp_path: Path) -> None:
    path = changed(tmp_path, "env:WECHAT_APP_SECRET", "topsecretvalue")
    with pytest.raises(BadConfiguration) as caught:
        load(path, home=tmp_path)
    assert "topsecretvalue" not in "".join(sentence(flaw.text) for flaw in caught.value.flaws) + repr(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, 'kind = "weibo"', 'kind = "weebo"')
    path.write_text(path.read_text(encoding="utf-8").replace('driver = "static"', 'driver = "x"'), encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load(path, home=tmp_path)
    assert {flaw.key for flaw in caught.value.flaws} >= {"channels.weibo.kind", "channels.portal.driver"}


def test_a_drill_is_refused_where_a_channel_speaks_to_an_official_host(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(MODEL, home=tmp_path, time_scale=0.1)
    assert {flaw.key for flaw in caught.value.flaws} == {"channels.wechat", "channels.weibo"}


def test_a_missing_secret_is_no_mistake_of_the_file_but_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_APP_ID", "wx1")
    monkeypatch.delenv("WECHAT_APP_SECRET", raising=False)
    monkeypatch.delenv("WEIBO_ACCESS_TOKEN", raising=False)
    flaws = missing_secrets(load(MODEL, home=tmp_path))
    assert [flaw.key for flaw in flaws] == ["channels.wechat.app_secret", "channels.weibo.access_token"]
    assert "WECHAT_APP_SECRET" in sentence(flaws[0].text)


def test_a_missing_secret_of_the_provider_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OIDC", raising=False)
    office = load(changed(tmp_path, END, OPENID), home=tmp_path)
    assert "security.oidc.client_secret" in [flaw.key for flaw in missing_secrets(office)]


def test_a_missing_password_of_the_mail_server_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = 'username = "env:MAIL_USERNAME"\npassword = "env:MAIL_PASSWORD"\n'
    monkeypatch.setenv("MAIL_USERNAME", "clerk")
    monkeypatch.delenv("MAIL_PASSWORD", raising=False)
    office = load(changed(tmp_path, END, MAIL + secrets), home=tmp_path)
    assert "mail.password" in [flaw.key for flaw in missing_secrets(office)]
    assert "clerk" not in repr(office)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[office", None], ids=["not utf-8", "not toml", "absent"])
def test_an_unreadable_file_is_one_message(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "office.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadConfiguration) as caught:
        load(path, home=tmp_path)
    assert len(caught.value.flaws) == 1


def test_the_profile_is_what_forms_print_about_the_office(tmp_path: Path) -> None:
    assert load(MODEL, home=tmp_path).profile["postcode"] == "617000"
