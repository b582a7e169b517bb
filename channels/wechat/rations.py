"""What an account may do and how often, and what each visit takes of it.

Source: developers.weixin.qq.com, API_Call_Limits, read 2026-11.
"""

from __future__ import annotations

from channels.base import Limits, Quota, Visit
from channels.wechat.listing import PAGES
from channels.wechat.options import WechatOptions


def limits(options: WechatOptions) -> Limits:
    """One quota for each call that is scarce; uploads, drafts and figures have none here.

    To find something costs the first pages of the publications, twice where the short form hides the addresses. For
    asking about what was sent to subscribers no ration is known. A recall looks before it is tried again, and after.
    """
    numbers = options.quotas
    submits = Quota("submits_per_day", numbers.submits_per_day, "day")
    confirms = Quota("confirms_per_day", numbers.confirms_per_day, "day")
    lookups = Quota("lookups_per_day", numbers.lookups_per_day, "day")
    articles = Quota("articles_per_day", numbers.articles_per_day, "day")
    deletes = Quota("deletes_per_day", numbers.deletes_per_day, "day")
    sends = _sends(options)
    is_mass = options.mode == "mass"
    putting_out = {quota.name: 1 for quota in (sends if is_mass else [submits] if options.mode == "publish" else [])}
    costs = {
        Visit.PUBLISH: putting_out,
        Visit.CONFIRM: {} if is_mass else {confirms.name: 1},
        Visit.FIND: {} if is_mass else {lookups.name: 2 * PAGES},
        Visit.RECALL: {deletes.name: 1, articles.name: 2},
        Visit.PAST: {lookups.name: 1},
        Visit.LOOK: {} if is_mass else {articles.name: 1, confirms.name: 1},
    }
    if options.asks_how_to_correct:
        costs[Visit.CORRECT] = {**costs[Visit.RECALL], **putting_out}
    return Limits((submits, *(sends if is_mass else ()), confirms, lookups, articles, deletes), costs)


def _sends(options: WechatOptions) -> list[Quota]:
    """How often the account may push: a day, and a month where the platform counts that."""
    monthly = options.sends_per_month
    daily = Quota("sends_per_day", options.quotas.sends_per_day, "day")
    return [daily, Quota("sends_per_month", monthly, "month")] if monthly else [daily]
