"""What every page begins with."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from hallway import conf
from hallway.errors import HallwayError, MethodNotAllowed, NotFound, TryAgainLater
from hallway.identity import author_of
from hallway.models import Author
from hallway.problems import database_problem

from .errors import error_page


def next_page(request: HttpRequest) -> str:
    """Where to go from here: a page of this site only."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""


def sign_in_url() -> str:
    """Where accounts sign in: here, or where the host project says, if it does."""
    if conf.get().ACCOUNTS:
        return reverse("hallway:sign_in")
    with suppress(NoReverseMatch):
        return resolve_url(settings.LOGIN_URL)
    return ""


class Page(View):
    """Shows Hallway's own errors as pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except HallwayError as error:
            return self.show_error(request, error)
        except DatabaseError as error:
            return self.show_error(request, database_problem(error))

    def show_error(self, request: HttpRequest, error: HallwayError) -> HttpResponse:
        return error_page(request, error)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        known = (name for name in self.http_method_names if hasattr(self, name))
        raise MethodNotAllowed(allow=tuple(name.upper() for name in known))


class AccountsPage(Page):
    """A page that is only there where the accounts are Hallway's own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not conf.get().ACCOUNTS:
            return self.show_error(request, NotFound())
        return super().dispatch(request, *args, **kwargs)


def with_wait(answer: HttpResponse, error: HallwayError) -> HttpResponse:
    """The form that shows a refusal, and for programs how long to wait before the next attempt."""
    if isinstance(error, TryAgainLater):
        answer["Retry-After"] = str(error.retry_after)
    return answer


class IdentifiedPage(Page):
    """A page for those who told their name; the others are led to the lobby."""

    author: Author

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            author = author_of(request)
        except HallwayError as error:
            return self.show_error(request, error)
        except DatabaseError as error:
            return self.show_error(request, database_problem(error))
        if author is None:
            return self.refuse(request)
        self.author = author
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, request: HttpRequest) -> HttpResponseBase:
        lobby = reverse("hallway:lobby")
        if request.method == "GET" and request.path != reverse("hallway:home"):
            lobby += "?" + urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(lobby)
