"""A forgotten password: ask for a letter, and take another one by the link in it."""

from collections.abc import Callable

from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters

from hallway.actions import passwords
from hallway.errors import HallwayError
from hallway.identity import note
from hallway.limits import check_attempt

from .account_forms import ForgottenForm, NewPasswordForm
from .letters import later, letter
from .page import AccountsPage


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class ForgottenView(AccountsPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "hallway/forgotten.html", {"form": ForgottenForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """The answer is the same whether there is such an account; only the letter tells."""
        form = ForgottenForm(request.POST)
        if not form.is_valid():
            return render(request, "hallway/forgotten.html", {"form": form}, status=400)
        email = form.cleaned_data["email"].strip().lower()
        check_attempt(request, f"reset {email}")
        # Even to look the account up takes its time.
        later(lambda: _reset_letter(email, request.build_absolute_uri))
        return render(request, "hallway/forgotten.html", {"sent_to": email})


@method_decorator(
    [never_cache, ensure_csrf_cookie, sensitive_post_parameters("password")], name="dispatch"
)
class ResetView(AccountsPage):
    def get(self, request: HttpRequest, number: str, token: str) -> HttpResponse:
        passwords.check_reset(number, token)
        return render(request, "hallway/reset.html", {"form": NewPasswordForm()})

    def post(self, request: HttpRequest, number: str, token: str) -> HttpResponse:
        """The link works once; whoever was signed in is not any more."""
        passwords.check_reset(number, token)
        form = NewPasswordForm(request.POST)
        status = 400
        if form.is_valid():
            try:
                user = passwords.reset_password(number, token, form.cleaned_data["password"])
            except HallwayError as error:
                form.tell(error)
                status = error.status
            else:
                note(request, "password set by a letter's link")
                tell_of_new_password(user.email)
                return HttpResponseRedirect(reverse("hallway:sign_in"))
        return render(request, "hallway/reset.html", {"form": form}, status=status)


def _reset_letter(email: str, absolute: Callable[[str], str]) -> EmailMessage | None:
    found = passwords.reset_link(email)
    if found is None:
        return None
    user, number, token = found
    link = absolute(reverse("hallway:reset", args=[number, token]))
    return letter("reset.txt", _("Another password for Hallway"), to=user.email, link=link)()


def tell_of_new_password(email: str) -> None:
    if email:
        later(letter("changed.txt", _("Your password for Hallway was changed"), to=email))
