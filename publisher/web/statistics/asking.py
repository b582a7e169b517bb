"""Pages that answer a question: signed in, read only, and a bad question is answered with what is wrong in it."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from channels.errors import ConfigurationError
from publisher.office import BadConfiguration, get_office
from publisher.people.roles import Permission
from publisher.web.access import View, allowed
from publisher.web.refusal import refused
from publisher.web.statistics.form import BadQuestion, QuestionForm


def asked(view: View) -> View:
    """``view`` is given the request, the office, the form and the question; a bad question gets status 400."""

    @require_safe
    @allowed(Permission.SEE_STATISTICS)
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        office = get_office()
        form = QuestionForm(office, request.GET)
        try:
            return view(request, office, form, form.question(), *args, **more)
        except BadQuestion:
            return render(request, "web/statistics/index.html", {"form": form}, status=400)
        except BadConfiguration as error:
            return refused(request, error, status=500)
        except ConfigurationError as error:
            return refused(request, error, status=400)

    return answer
