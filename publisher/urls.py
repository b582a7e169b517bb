"""Every address of the program."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import path, re_path
from django.views.generic import RedirectView

from publisher.api.views import api
from publisher.web import freshness, health, logbook, me, openid, preview, proofs, signing_in, site, views
from publisher.web.accounts import signing_in as account_signing_in
from publisher.web.accounts import views as accounts
from publisher.web.agenda import views as agenda
from publisher.web.board import views as board
from publisher.web.callbacks import views as callbacks
from publisher.web.checks import lists as word_lists
from publisher.web.checks import live as live_findings
from publisher.web.checks import views as checks
from publisher.web.decisions import views as decisions
from publisher.web.drafts import conflict as draft_conflict
from publisher.web.drafts import files as draft_files
from publisher.web.drafts import history as draft_history
from publisher.web.drafts import views as drafts
from publisher.web.issues import views as issues
from publisher.web.people import views as people
from publisher.web.previews import drafts as draft_previews
from publisher.web.previews import items as item_previews
from publisher.web.recalls import views as recalls
from publisher.web.reports import files as report_files
from publisher.web.reports import filling, finals
from publisher.web.reports import views as reports
from publisher.web.reviews import files as review_files
from publisher.web.reviews import views as reviews
from publisher.web.statistics import files as statistics_files
from publisher.web.statistics import metrics as statistics_metrics
from publisher.web.statistics import views as statistics
from publisher.web.todo import views as todo
from publisher.web.tokens import views as tokens

urlpatterns = [
    path("", board.start, name="start"),
    path("accounts/", accounts.index, name="accounts"),
    path("accounts/return/", account_signing_in.come_back, name="account-return"),
    path("accounts/<slug:channel>/ask/", accounts.ask, name="account-ask"),
    path("accounts/<slug:channel>/pause/", accounts.pause, name="account-pause"),
    path("accounts/<slug:channel>/resume/", accounts.resume, name="account-resume"),
    path("accounts/<slug:channel>/sign-in/", account_signing_in.leave, name="account-sign-in"),
    path("accounts/<slug:channel>/sign-out/", accounts.sign_out, name="account-sign-out"),
    path("board/", board.index, name="board"),
    path("board/changes/", board.changes, name="board-changes"),
    path("calendar/", agenda.index, name="calendar"),
    path("deliveries/evidence/<int:seq>/", decisions.evidence, name="evidence"),
    path("deliveries/<slug:deed>/", decisions.decide, name="decide"),
    path("items/", board.items, name="items"),
    path("items/<int:pk>/", views.item, name="item"),
    path("items/<int:pk>/changes/", views.item_changes, name="item-changes"),
    path("items/<int:pk>/text/", preview.text, name="text"),
    path("items/<int:pk>/assets/<str:sha256>", preview.asset, name="asset"),
    path("items/<int:pk>/revise/", drafts.revise, name="item-revise"),
    path("drafts/", drafts.index, name="drafts"),
    path("drafts/new/", drafts.new, name="draft-new"),
    path("drafts/<int:pk>/", drafts.draft, name="draft"),
    path("drafts/<int:pk>/paste/", draft_files.paste, name="draft-paste"),
    path("drafts/<int:pk>/assets/<str:sha256>", draft_files.asset, name="draft-asset"),
    path("drafts/<int:pk>/history/", draft_history.index, name="draft-history"),
    path("drafts/<int:pk>/history/<int:version>/", draft_history.version, name="draft-version"),
    path("drafts/<int:pk>/conflict/<int:version>/", draft_conflict.show, name="draft-conflict"),
    path("drafts/<int:pk>/discard/", drafts.discard, name="draft-discard"),
    path("drafts/<int:pk>/take-up/", drafts.take_up, name="draft-take-up"),
    path("items/<int:pk>/findings/", checks.of_item, name="item-findings"),
    path("items/<int:pk>/findings/text/", checks.text_of_item, name="item-findings-text"),
    path("drafts/<int:pk>/findings/", checks.of_one_draft, name="draft-findings"),
    path("drafts/<int:pk>/findings/text/", checks.text_of_draft, name="draft-findings-text"),
    path("findings/", live_findings.index, name="findings"),
    path("words/", word_lists.index, name="words"),
    path("words/<slug:key>/", word_lists.one, name="words-of"),
    path("items/<int:pk>/previews/", item_previews.index, name="item-previews"),
    path("items/<int:pk>/previews/<str:channel>/", item_previews.page, name="item-preview"),
    path("items/<int:pk>/previews/<str:channel>/<path:path>", item_previews.file, name="item-preview-file"),
    path("items/<int:pk>/correct/", recalls.correct, name="item-correct"),
    path("items/<int:pk>/recall/", recalls.ask, name="item-recall"),
    path("recalls/", recalls.index, name="recalls"),
    path("recalls/<int:pk>/", recalls.recall, name="recall"),
    path("recalls/<int:pk>/record/", recalls.record, name="recall-record"),
    path("recalls/<int:pk>/files/<int:proof>/", recalls.file, name="recall-file"),
    path("recalls/<int:pk>/<slug:channel>/evidence/", recalls.give, name="recall-evidence"),
    path("recalls/<int:pk>/<slug:channel>/notice/", recalls.propose, name="recall-notice"),
    path("items/<int:pk>/own-words/<str:channel>/", draft_previews.begin, name="item-own-words"),
    path("drafts/<int:pk>/previews/", draft_previews.index, name="draft-previews"),
    path("drafts/<int:pk>/previews/<str:channel>/", draft_previews.page, name="draft-preview"),
    path("drafts/<int:pk>/previews/<str:channel>/<path:path>", draft_previews.file, name="draft-preview-file"),
    path("issues/", issues.index, name="issues"),
    path("issues/open/", issues.open_one, name="issue-open"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("issues/<int:pk>/<slug:deed>/", issues.do, name="issue-do"),
    path("issues/<int:pk>/clippings/<int:number>", issues.clipping, name="issue-clipping"),
    path("issues.xlsx", issues.save, name="issues-file"),
    path("statistics/", statistics.index, name="statistics"),
    path("statistics/read/", statistics_metrics.index, name="metrics"),
    path("statistics/read/rows/", statistics_metrics.rows, name="metrics-rows"),
    path("statistics/rows/", statistics.rows, name="statistics-rows"),
    path("statistics/difference/", statistics.difference, name="statistics-difference"),
    path("statistics/table.<str:form>", statistics_files.table, name="statistics-table"),
    path("statistics/rows.<str:form>", statistics_files.rows, name="statistics-rows-file"),
    path("reports/", reports.latest, name="reports"),
    path("reports/<int:year>/", reports.index, name="reports-of-year"),
    path("reports/<int:year>/<slug:form>/", reports.overview, name="report"),
    path("reports/<int:year>/<slug:form>/figures/<str:key>/", reports.figure, name="report-figure"),
    path("reports/<int:year>/<slug:form>/fill/", filling.fill, name="report-fill"),
    path("reports/<int:year>/<slug:form>/preview/", report_files.preview, name="report-preview"),
    path("reports/<int:year>/<slug:form>/draft/", report_files.draft_page, name="report-draft-page"),
    path("reports/<int:year>/<slug:form>/draft.<str:extension>", report_files.draft, name="report-draft"),
    path("reports/<int:year>/<slug:form>/final/", finals.declare, name="report-declare"),
    path("reports/<int:year>/<slug:form>/v<int:version>/", finals.version, name="report-version"),
    path("reports/<int:year>/<slug:form>/v<int:version>/page/", report_files.final_page, name="report-final-page"),
    path(
        "reports/<int:year>/<slug:form>/v<int:version>.<str:extension>",
        report_files.final_file,
        name="report-final-file",
    ),
    path("api/v1/", api.urls),
    path("callback/<str:channel>", callbacks.call, name="callback"),
    path("reviews/", reviews.index, name="reviews"),
    path("reviews/<int:pk>/", reviews.review, name="review"),
    path("reviews/<int:pk>/again/", reviews.send_up_again, name="review-again"),
    path("reviews/<int:pk>/confirm/", reviews.confirm, name="review-confirm"),
    path("reviews/<int:pk>/decide/", reviews.decide_here, name="review-decide"),
    path("reviews/<int:pk>/emergency/", reviews.release_now, name="review-emergency"),
    path("reviews/<int:pk>/withdraw/", reviews.take_back, name="review-withdraw"),
    path("reviews/<int:pk>/<slug:name>-sheet.<str:extension>", review_files.sheet, name="review-sheet"),
    path("log/", logbook.index, name="log"),
    path("log/<int:seq>/", logbook.entry, name="log-entry"),
    path("log/export-<slug:form>.zip", proofs.export, name="log-export"),
    path("log/checkpoints/", proofs.checkpoint_list, name="checkpoints"),
    path("log/checkpoints/<int:number>.txt", proofs.checkpoint, name="checkpoint"),
    path("todo/", todo.index, name="todo"),
    path("todo/changes/", todo.changes, name="todo-changes"),
    path("login/", signing_in.sign_in, name="login"),
    path("login/code/", signing_in.code, name="login-code"),
    path("login/openid/", openid.leave, name="login-openid"),
    path("login/openid/return/", openid.come_back, name="login-openid-return"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/", me.index, name="me"),
    path("me/language/", me.language, name="my-language"),
    path("me/password/", me.password, name="my-password"),
    path("me/second-factor/", me.own_second_factor, name="my-second-factor"),
    path("me/sessions/end/", me.end_other_sessions, name="my-sessions-end"),
    path("people/", people.index, name="people"),
    path("people/new/", people.new, name="person-new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/password/", people.reset_password, name="person-password"),
    path("people/<int:pk>/<slug:deed>/", people.do, name="person-deed"),
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/new/", tokens.new, name="token-new"),
    path("tokens/guide/", tokens.guide, name="api-guide"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("favicon.ico", RedirectView.as_view(url=static("web/icon.svg")), name="favicon"),
    path("freshness", freshness.show, name="freshness"),
    path("freshness.xlsx", freshness.save, name="freshness-file"),
    path("health", health.show, name="health"),
    re_path(r"^site/(?P<path>.*)$", site.serve, name="site"),
    re_path(r"^sites/(?P<channel>[^/]+)/(?P<path>.*)$", site.serve, name="site-of"),
]

handler404 = "publisher.web.views.not_found"
handler500 = "publisher.web.views.server_error"
