"""The first run: whoever has the link that the server printed becomes the owner, once."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters

from hallway.actions import people
from hallway.actions.new_accounts import NewAccount
from hallway.errors import HallwayError, HasAnOwner
from hallway.identity import guest_of, sign_in

from .account_forms import NewAccountForm
from .page import AccountsPage


@method_decorator(
    [never_cache, ensure_csrf_cookie, sensitive_post_parameters("password")], name="dispatch"
)
class FirstRunView(AccountsPage):
    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        people.check_first_run(secret)
        guest = guest_of(request)
        form = NewAccountForm(initial={"name": guest.name if guest else ""})
        return self._show(request, form)

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        """Make the account, sign in to it. Of many at once exactly one is told so."""
        people.check_first_run(secret)
        form = NewAccountForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, status=400)
        try:
            new = NewAccount.check(**form.cleaned_data)
            author = people.make_first_owner(new, guest=guest_of(request))
        except HasAnOwner:
            raise
        except HallwayError as error:
            form.tell(error)
            return self._show(request, form, status=error.status)
        sign_in(request, author)
        return HttpResponseRedirect(reverse("hallway:home"))

    def _show(self, request: HttpRequest, form: NewAccountForm, status: int = 200) -> HttpResponse:
        return render(request, "hallway/first_run.html", {"form": form}, status=status)
