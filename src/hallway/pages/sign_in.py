"""Signing in with an account, and out again."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters

from hallway import conf
from hallway.actions import accounts, moderation
from hallway.errors import HallwayError, WrongCredentials
from hallway.identity import author_of, forget, note, sign_in
from hallway.limits import check_attempt, forget_attempts
from hallway.models import Author

from .account_forms import SignInForm
from .page import AccountsPage, next_page, with_wait

# In the address of this page: whoever is signed in is to type their password once more.
AGAIN = "again"


@method_decorator(
    [never_cache, ensure_csrf_cookie, sensitive_post_parameters("password")], name="dispatch"
)
class SignInView(AccountsPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        is_in = author_of(request) is not None and request.user.is_authenticated
        if is_in and AGAIN not in request.GET:
            return HttpResponseRedirect(next_page(request) or reverse("hallway:home"))
        return self._show(request, SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the password; the answer is the same whether the account exists or not."""
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, status=400)
        try:
            author = check_credentials(request, **form.cleaned_data)
        except HallwayError as error:
            note(request, f"sign-in refused ({error.code})")
            form.tell(error)
            return with_wait(self._show(request, form, status=error.status), error)
        sign_in(request, author)
        return HttpResponseRedirect(next_page(request) or reverse("hallway:home"))

    def _show(self, request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "next": next_page(request), "guests": conf.get().GUESTS}
        return render(request, "hallway/sign_in.html", context, status=status)


class SignOutView(AccountsPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """End this session; others of the same account go on."""
        forget(request)
        return signed_out()


def signed_out() -> HttpResponse:
    answer = HttpResponseRedirect(reverse("hallway:lobby"))
    # Pages and drafts of whoever was here are nothing for the next one at this screen.
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def check_credentials(request: HttpRequest, email: str, password: str) -> Author:
    """The author behind these. Raises `WrongCredentials`, `TooManyAttempts`, or `Banned` for whom
    that is true: they know the password, so it is told to nobody else."""
    typed = email.strip()
    email = typed.lower()
    check_attempt(request, email)
    moderation.lift_run_out()
    # With no such account Django hashes the password all the same: it takes as long.
    backend = AllowAllUsersModelBackend()
    user: Any = backend.authenticate(request, username=_username(typed), password=password)
    if user is None:
        raise WrongCredentials
    if not user.is_active:
        found = Author.objects.filter(user=user).first()
        if found is not None:
            accounts.check_not_banned(guest=found.pk)
        raise WrongCredentials
    author = accounts.enter_with_account(user)
    if not author.is_active:
        raise WrongCredentials
    forget_attempts(request, email)
    return author


def _username(typed: str) -> str:
    """Our accounts are named by their address; those made with Django's commands may differ, and
    may be written with capitals."""
    wanted = Q(username__iexact=typed) | Q(email__iexact=typed)
    found = get_user_model()._default_manager.filter(wanted)[:10]
    names = [user.get_username() for user in found]
    if len(names) == 1:
        return names[0]
    return typed if typed in names else typed.lower()
