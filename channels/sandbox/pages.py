"""What people see of the stand-ins in a browser: an overview, articles as on a phone, posts as cards.

Articles are somebody else's HTML: it is cleaned once more before it is shown, and the pages forbid all scripts.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from channels.sandbox.books import BEIJING, now
from channels.sandbox.faults import Faults
from channels.sandbox.pictures import Picture
from channels.sandbox.wechat import Draft, NewsArticle, Publication, Wechat
from channels.sandbox.wechat.drafts import find_draft
from channels.sandbox.wechat.entries import PublishStatus, Send, SendStatus
from channels.sandbox.wechat.markup import for_readers
from channels.sandbox.wechat.mass import find_sent
from channels.sandbox.wechat.publish import find_article
from channels.sandbox.weibo import Post, Weibo

FOLDER = Path(__file__).with_name("templates")
SHOWN = 50
CALLS_SHOWN = 30
POLICY = "default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'"

PATHS = Map(
    [
        Rule("/", endpoint="overview"),
        Rule("/wechat/", endpoint="articles"),
        Rule("/wechat/articles/<article_id>", endpoint="article"),
        Rule("/wechat/articles/<article_id>/<int:number>", endpoint="article"),
        Rule("/wechat/drafts/<media_id>/<int:number>", endpoint="draft"),
        Rule("/mmbiz/<key>/0", endpoint="wechat_picture"),
        Rule("/weibo/", endpoint="posts"),
        Rule("/weibo/<uid>/<name>", endpoint="post"),
        Rule("/weibo/pictures/<key>.<_ending>", endpoint="weibo_picture"),
        Rule("/_sandbox/style.css", endpoint="style"),
        Rule("/favicon.ico", endpoint="icon"),
    ],
    strict_slashes=False,
)


STATE_NAMES = {
    PublishStatus.PUBLISHED: "已发布",
    PublishStatus.UNDER_WAY: "发布中",
    PublishStatus.NOT_ORIGINAL: "原创审核未通过",
    PublishStatus.FAILED: "发布失败",
    PublishStatus.REVIEW_REFUSED: "平台审核未通过",
    PublishStatus.DELETED: "已删除",
    PublishStatus.BANNED: "已封禁",
}


SEND_NAMES = {
    SendStatus.SUCCESS: "已群发",
    SendStatus.UNDER_WAY: "群发中，或等待管理员确认",
    SendStatus.FAILED: "群发失败",
    SendStatus.DELETED: "已删除",
}


def _local(url: str) -> str:
    """The path of one of our own addresses: it was given out with the port of its day."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _at(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _with_links(post: Post) -> Markup:
    """The post's text with its short addresses as links to the long ones."""
    text = str(escape(post.text))
    for link in post.links:
        anchor = Markup('<a href="{}" rel="noreferrer">{}</a>').format(link.long, "网页链接")
        text = text.replace(link.short, str(anchor))
    return Markup(text.replace("\n", "<br>"))  # noqa: S704 - every part was escaped above


environment = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
environment.filters |= {"at": _at, "local": _local, "with_links": _with_links}


class Pages:
    """The pages and the pictures in them."""

    def __init__(self, wechat: Wechat, weibo: Weibo, faults: Faults) -> None:
        self.wechat = wechat
        self.weibo = weibo
        self.faults = faults

    def answer(self, request: Request) -> Response:
        """Raises HTTPException: no such page, or one that only moves somewhere else."""
        endpoint, values = PATHS.bind_to_environ(request.environ).match(method="GET")
        response: Response = getattr(self, f"_{endpoint}")(**values)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _overview(self) -> Response:
        calls = [*self.wechat.calls[-CALLS_SHOWN:], *self.weibo.calls[-CALLS_SHOWN:]]
        calls.sort(key=lambda call: call.at, reverse=True)
        return _page("overview.html", wechat=self.wechat, weibo=self.weibo, calls=calls, faults=self.faults.waiting())

    def _articles(self) -> Response:
        at = now()
        submitted = self.wechat.submitted[: -SHOWN - 1 : -1]
        return _page(
            "articles.html",
            wechat=self.wechat,
            submitted=submitted,
            states={entry.publish_id: entry.status(at) for entry in submitted},
            state_names=STATE_NAMES,
            sends=[(send, send.status(at)) for send in self.wechat.sends[: -SHOWN - 1 : -1]],
            send_names=SEND_NAMES,
            drafts=self.wechat.drafts[: -SHOWN - 1 : -1],
        )

    def _article(self, article_id: str, number: int = 1) -> Response:
        if (send := find_sent(self.wechat, article_id)) is not None:
            return self._sent(send, number)
        publication = find_article(self.wechat, article_id)
        if publication is None or not 1 <= number <= len(publication.articles):
            raise NotFound
        if publication not in self.wechat.published or number in publication.deleted:
            return _page("gone.html", status=410)
        return self._phone(publication, number, publication.due_at)

    def _sent(self, send: Send, number: int) -> Response:
        if not 1 <= number <= len(send.articles):
            raise NotFound
        if send not in self.wechat.sent or number in send.deleted:
            return _page("gone.html", status=410)
        return self._phone(send, number, send.due_at)

    def _draft(self, media_id: str, number: int) -> Response:
        draft = find_draft(self.wechat, media_id)
        if draft is None or not 1 <= number <= len(draft.articles):
            raise NotFound
        return self._phone(draft, number, draft.created_at)

    def _phone(self, entry: Publication | Send | Draft, number: int, moment: datetime) -> Response:
        article: NewsArticle = entry.articles[number - 1]
        return _page(
            "article.html",
            article=article,
            pictures=list(filter(None, map(self.wechat.picture, article.pictures))),
            body=Markup(for_readers(article.content)),  # noqa: S704 - cleaned in the same breath
            moment=moment,
            account_name=self.wechat.settings.account_name,
            is_draft=isinstance(entry, Draft),
        )

    def _posts(self) -> Response:
        return _page("posts.html", posts=self.weibo.timeline[:SHOWN], weibo=self.weibo, alone=False)

    def _post(self, uid: str, name: str) -> Response:
        for post in self.weibo.posts:
            if (post.uid, post.name) == (uid, name):
                return _page("posts.html", posts=[post], weibo=self.weibo, alone=True)
        raise NotFound

    def _wechat_picture(self, key: str) -> Response:
        return _picture(self.wechat.picture(key))

    def _weibo_picture(self, key: str, _ending: str) -> Response:
        return _picture(self.weibo.picture_shelf.get(key))

    def _style(self) -> Response:
        return Response((FOLDER / "style.css").read_bytes(), content_type="text/css; charset=utf-8")

    def _icon(self) -> Response:
        return Response(status=204)


def _picture(picture: Picture | None) -> Response:
    if picture is None:
        raise NotFound
    return Response(picture.content, content_type=picture.media_type)


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    html = environment.get_template(template).render(**values)
    return Response(html, status, content_type="text/html; charset=utf-8")
