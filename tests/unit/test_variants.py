"""What an item says differently on single channels: taken in, frozen, rendered, checked; what is no use is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from channels.base import Medium
from channels.markup import plain_text
from channels.preview import OWN_FIELDS
from publisher.cli.variants import with_own
from publisher.items.actions import BadSubmission, Wish, revise, submit
from publisher.items.manuscript import Manuscript, UnreadableManuscript, Wording
from publisher.items.models import Item, Revision, RevisionAsset, Variant
from publisher.items.queries import DamagedRevision, source
from publisher.items.variants import as_json, with_variants
from publisher.office import Office
from publisher.review.actions import release_directly
from publisher.review.checks.scan import scan
from publisher.review.products import drafts, signed_product
from tests.channels.samples import picture

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TITLE = "关于举办2026年科技活动周的通知"
BLUE, RED, GREEN = (picture(colour, (400, 300), name=f"{colour}.png") for colour in ("blue", "red", "green"))


def text(*media: Medium) -> Manuscript:
    figures = "".join(f'<figure><img src="asset:{medium.sha256}" alt="示意图"></figure>' for medium in media)
    return Manuscript(TITLE, f"<p>科技活动周于5月举行，欢迎参加。</p>{figures}", media=media)


def given(
    office: Office, variants: dict[str, dict[str, str]], *pictures: Medium, media: tuple[Medium, ...] = ()
) -> Any:
    """A submitted revision with these variants."""
    return submit(office, with_variants(text(*media), variants, pictures), Wish(), by="t")


def made(office: Office, revision: Revision) -> dict[str, Any]:
    return {draft.entry.key: draft for draft in drafts(office, Revision.objects.get(pk=revision.pk))}


def test_each_channel_gets_its_own_words_and_the_others_the_items(office: Office) -> None:
    found = made(office, given(office, {"weibo": {"title": "科技周来了", "summary": "五月见。"}}))
    assert found["weibo"].product.body.startswith("【科技周来了】五月见。")
    assert found["weibo"].product.title == "科技周来了"
    assert {found[key].product.title for key in ("portal", "wechat", "daily")} == {TITLE}


def test_an_own_text_brings_its_own_pictures_and_leaves_the_others_where_they_were(office: Office) -> None:
    own = f'<p>短讯。</p><figure><img src="asset:{RED.sha256}" alt="现场"></figure>'
    revision = given(office, {"daily": {"html": own}}, RED, media=(BLUE,))
    found = made(office, revision)
    assert plain_text(found["daily"].product.body) == "短讯。"
    assert [m.sha256 for m in found["daily"].product.media if m.is_picture] == [RED.sha256]
    assert [m.sha256 for m in found["portal"].product.media] == [BLUE.sha256]
    roles = dict(RevisionAsset.objects.filter(revision=revision).values_list("sha256", "role"))
    assert roles == {BLUE.sha256: "picture", RED.sha256: "variant"}


@pytest.mark.parametrize("chosen", [GREEN, BLUE, RED], ids=["not in the text", "first in the text", "second"])
def test_a_cover_stands_for_the_item_where_there_are_covers(office: Office, chosen: Medium) -> None:
    variants = {key: {"cover": chosen.sha256} for key in ("wechat", "weibo")}
    found = made(office, given(office, variants, GREEN, media=(BLUE, RED)))
    wechat, weibo = found["wechat"].product, found["weibo"].product
    assert wechat.fields["cover"] == chosen.sha256
    assert wechat.medium(chosen.sha256).content == chosen.content
    assert [m.sha256 for m in weibo.media] == [chosen.sha256]


def test_what_a_channel_has_no_use_for_is_said_and_changes_nothing(office: Office) -> None:
    everything = {"title": "短", "summary": "摘要", "html": "<p>自己的。</p>", "cover": BLUE.sha256}
    plain = made(office, given(office, {}, media=(BLUE,)))
    for key, entry in office.channels.items():
        takes = entry.channel.capabilities.takes
        useless = {name: text for name, text in everything.items() if name not in takes}
        found = made(office, given(office, {key: useless}, media=(BLUE,)))[key]
        told = [p.text.template for p in found.problems if p not in plain[key].problems]
        assert len(told) == len(useless)
        assert all(p.severity == "warning" for p in found.problems if p.text.template in told)
        assert (found.product.title, plain_text(found.product.body)) == (
            plain[key].product.title,
            plain_text(plain[key].product.body),
        )


def test_every_channel_uses_what_it_says_it_takes(office: Office) -> None:
    everything = {"title": "短", "summary": "摘要", "html": "<p>自己的。</p>", "cover": RED.sha256}
    for key, entry in office.channels.items():
        for name in entry.channel.capabilities.takes:
            plain = made(office, given(office, {}, RED, media=(BLUE,)))[key].product
            other = made(office, given(office, {key: {name: everything[name]}}, RED, media=(BLUE,)))[key].product
            assert comparable(plain) != comparable(other), (key, name)


def comparable(product: Any) -> tuple[object, ...]:
    """A product without the number of its item."""
    fields = {name: text for name, text in product.fields.items() if name not in ("item", "path", "stem")}
    pictures = [m.sha256 for m in product.media if m.is_picture]
    return product.title, product.body, fields, pictures


def test_the_signed_product_is_the_variants(office: Office) -> None:
    revision = given(office, {"weibo": {"title": "科技周来了"}})
    release = release_directly(office, revision, by="t")
    assert signed_product(release.products.get(channel="weibo")).title == "科技周来了"


def test_variants_are_part_of_the_digest_and_frozen_with_it(office: Office) -> None:
    revision = given(office, {"weibo": {"title": "科技周来了"}})
    assert source(office, revision).wordings == {"weibo": Wording(title="科技周来了")}
    Variant.objects.filter(revision=revision).update(title="别的")
    with pytest.raises(DamagedRevision):
        source(office, Revision.objects.get(pk=revision.pk))


def test_one_added_behind_the_program_is_found_too(office: Office) -> None:
    revision = given(office, {})
    Variant.objects.create(revision=revision, channel="weibo", title="别的")
    with pytest.raises(DamagedRevision):
        source(office, Revision.objects.get(pk=revision.pk))


def test_a_channel_has_one_variant_of_a_revision(office: Office) -> None:
    revision = given(office, {"weibo": {"title": "科技周来了"}})
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.create(revision=revision, channel="weibo")


def test_what_is_empty_is_no_variant(office: Office) -> None:
    revision = given(office, {"weibo": {"title": " \n", "html": "<p> </p>"}, "wechat": {}})
    assert not revision.variants.exists()


def test_a_correction_does_not_take_over_what_was_written_for_the_text_before(office: Office) -> None:
    before = given(office, {"weibo": {"title": "科技周来了"}})
    after = revise(office, before.item, text(), Wish(), by="t")
    assert as_json(after.variants.all()) == {}


def test_an_own_text_is_cleaned(office: Office) -> None:
    found = with_variants(text(), {"wechat": {"html": "<script>x</script><p onclick=y>好<font>的</font></p>"}})
    assert found.variants["wechat"].html == "<p>好的</p>"


def test_a_picture_of_another_item_is_left_out_of_an_own_text_and_said(office: Office) -> None:
    found = with_variants(text(), {"wechat": {"html": f'<p>好</p><img src="asset:{RED.sha256}">'}})
    assert (found.variants["wechat"].html, found.extra) == ("<p>好</p>", ())
    assert [note.template for note in found.notes] == [
        "The picture {address} does not belong to this item and was left out."
    ]


WRONG: dict[str, tuple[dict[str, dict[str, str]], Wish, str]] = {
    "unknown channel": ({"fax": {"title": "短"}}, Wish(), "the channel fax, to which this item does not go"),
    "channel not chosen": ({"weibo": {"title": "短"}}, Wish(channels=["portal"]), "the channel weibo, to which"),
    "cover that is not there": ({"weibo": {"cover": "0" * 64}}, Wish(), "names a picture that is not there"),
    "title that is too long": ({"weibo": {"title": "题" * 1001}}, Wish(), "1001 characters, and 1000 at most"),
}


@pytest.mark.parametrize(("variants", "wish", "message"), WRONG.values(), ids=WRONG)
def test_a_variant_that_will_not_do_is_refused_and_nothing_is_kept(
    office: Office, variants: dict[str, dict[str, str]], wish: Wish, message: str
) -> None:
    with pytest.raises(BadSubmission, match=message):
        submit(office, with_variants(text(), variants), wish, by="t")
    assert not Item.objects.exists()


def test_pictures_given_without_being_counted_in_are_refused(office: Office) -> None:
    slipped = replace(text(), variants={"wechat": Wording(html=f'<img src="asset:{RED.sha256}">')})
    with pytest.raises(BadSubmission, match="names a picture that is not there"):
        submit(office, slipped, Wish(), by="t")


@pytest.mark.parametrize("name", ["title", "summary", "html"])
def test_checks_look_through_what_single_channels_say(office: Office, name: str) -> None:
    slip = "联系人手机13800138000" if name != "html" else "<p>联系人手机13800138000</p>"
    found = scan(office, given(office, {"weibo": {name: slip}}))
    assert [(f.kind.value, f.where.channel) for f in found if f.kind == "mobile"] == [("mobile", "weibo")]


# What the command says


def test_the_command_reads_each_part(tmp_path: Path, office: Office) -> None:
    (tmp_path / "short.md").write_text("短讯一条。\n", encoding="utf-8")
    (tmp_path / "cover.png").write_bytes(RED.content)
    found = with_own(
        text(),
        [
            "weibo:title=科技周=来了",
            "weibo:summary=五月见。",
            f"daily:text={tmp_path / 'short.md'}",
            f"weibo:cover={tmp_path / 'cover.png'}",
        ],
    )
    assert found.variants == {
        "weibo": Wording("科技周=来了", "五月见。", "", RED.sha256),
        "daily": Wording(html="<p>短讯一条。</p>"),
    }
    assert [medium.name for medium in found.extra] == ["cover.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["weibo=短"], "weibo=短 cannot be understood"),
        (["weibo:title="], "cannot be understood"),
        ([":title=短"], "cannot be understood"),
        (["weibo:colour=red"], "with one of title, summary, text, cover"),
        (["weibo:title=短", "weibo:title=长"], "title of weibo is given twice"),
    ],
)
def test_the_command_says_what_it_cannot_understand(words: list[str], message: str) -> None:
    with pytest.raises(BadSubmission, match=message):
        with_own(text(), words)


def test_the_command_says_which_file_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(b"no picture")
    for file, message in ((tmp_path / "none.md", "There is no file"), (tmp_path / "cover.png", "damaged or of a kind")):
        part = "text" if file.suffix == ".md" else "cover"
        with pytest.raises(UnreadableManuscript, match=message):
            with_own(text(), [f"daily:{part}={file}"])


def test_everything_that_can_be_different_has_a_column(office: Office) -> None:
    assert {field.name for field in Variant._meta.get_fields()} == {"id", "revision", "channel", *OWN_FIELDS}
