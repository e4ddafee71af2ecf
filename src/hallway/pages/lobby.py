"""The lobby: type a name and come in; also where one takes another name, or leaves."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from hallway import conf, text
from hallway.actions import accounts
from hallway.errors import Banned, HallwayError, NotAllowed
from hallway.identity import author_of, check_welcome, forget, remember_guest
from hallway.limits import guests_network
from hallway.queries.directory import names_in_use

from .forms import NameForm
from .language import offered
from .page import IdentifiedPage, Page, next_page, sign_in_url


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class LobbyView(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            if author_of(request) is None:
                check_welcome(request)
        except Banned as error:
            return self._show(request, NameForm(), refusal=str(error))
        return self._show(request, NameForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Come in, or take another name; a blank one becomes a Shakespearean name."""
        form = NameForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, status=400)
        name = form.cleaned_data["username"]
        author = author_of(request)
        try:
            if author is None:
                check_welcome(request)
                network = guests_network(request)
                remember_guest(request, accounts.enter_as_guest(name, network=network))
            elif name:
                accounts.rename(author, name)
        except HallwayError as error:
            is_about_name = not isinstance(error, NotAllowed)
            form.add_error("username" if is_about_name else None, str(error))
            return self._show(request, form, status=error.status)
        return HttpResponseRedirect(next_page(request) or reverse("hallway:home"))

    def _show(
        self, request: HttpRequest, form: NameForm, status: int = 200, refusal: str = ""
    ) -> HttpResponse:
        context = {
            "form": form,
            "refusal": refusal,
            "me": author_of(request),
            "suggestion": text.random_name(names_in_use()),
            "next": next_page(request),
            "accounts": conf.get().ACCOUNTS,
            "guests": conf.get().GUESTS,
            "sign_in_url": sign_in_url(),
            "languages": offered(),
        }
        return render(request, "hallway/lobby.html", context, status=status)


class LeaveView(IdentifiedPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Give up the name; what was said stays. An account of ours only signs out."""
        if self.author.user_id is None or not conf.get().ACCOUNTS:
            accounts.leave(self.author)
        forget(request)
        return HttpResponseRedirect(reverse("hallway:lobby"))
