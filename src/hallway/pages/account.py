"""One's own account: the password, and where one is signed in."""

import re
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters

from hallway import access, conf
from hallway.actions import accounts, addresses, passwords, profiles, sign_ins
from hallway.errors import HallwayError, NotFound, WrongPassword
from hallway.identity import author_of, note
from hallway.limits import check_attempt, forget_attempts
from hallway.models import Author
from hallway.queries.people import sign_ins_of

from .account_forms import AddressForm, PasswordForm, ProfileForm
from .letters import later, letter
from .page import AccountsPage, IdentifiedPage, with_wait
from .passwords import tell_of_new_password
from .sign_in import signed_out

# The first that is named: each pretends to be those below.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class AccountView(IdentifiedPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The profile: name, words, time zone."""
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return self.show(request, profile=form, status=400)
        try:
            author = profiles.describe(
                self.author,
                about=form.cleaned_data["about"],
                time_zone=form.cleaned_data["time_zone"],
            )
            profiles.hide_reading(author, hides=form.cleaned_data["hides_reading"])
            accounts.rename(author, form.cleaned_data["name"])
        except HallwayError as error:
            form.tell(error)
            return self.show(request, profile=form, status=error.status)
        return HttpResponseRedirect(reverse("hallway:account"))

    def show(
        self,
        request: HttpRequest,
        form: PasswordForm | None = None,
        status: int = 200,
        *,
        profile: ProfileForm | None = None,
        address: AddressForm | None = None,
        asked_at: str = "",
        problem: str = "",
    ) -> HttpResponse:
        has_account = conf.get().ACCOUNTS and self.author.user_id is not None
        context = {
            "page": "account",
            "me": self.author,
            "accounts": conf.get().ACCOUNTS,
            "has_account": has_account,
            "can_see_people": access.can_see_people(self.author),
            "problem": problem,
            "profile_form": profile
            or ProfileForm(
                initial={
                    "name": self.author.name,
                    "about": self.author.about,
                    "time_zone": self.author.time_zone,
                    "hides_reading": self.author.hides_reading,
                }
            ),
            "password_form": form or PasswordForm(auto_id="id_password_%s"),
            "address_form": address or AddressForm(auto_id="id_address_%s"),
            "asked_at": asked_at,
            "sign_ins": [
                (sign_in, device_name(sign_in.device)) for sign_in in sign_ins_of(self.author)
            ]
            if has_account
            else [],
            "this_session": request.session.session_key,
        }
        return render(request, "hallway/account.html", context, status=status)


class ChangePictureView(AccountView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("hallway:account"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Upload a picture, or with `remove` go back to initials."""
        uploaded = request.FILES.get("picture")
        try:
            if request.POST.get("remove"):
                profiles.set_picture(self.author, None)
            elif uploaded is not None:
                profiles.set_picture(self.author, uploaded.read())
        except HallwayError as error:
            return self.show(request, status=error.status, problem=str(error))
        return HttpResponseRedirect(reverse("hallway:account"))


class OwnAccountPage(AccountView):
    """For those whose account is Hallway's own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        author = author_of(request)
        if not conf.get().ACCOUNTS or (author is not None and author.user_id is None):
            return self.show_error(request, NotFound())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **_address: Any) -> HttpResponse:
        """These addresses only take what the account page sends."""
        return HttpResponseRedirect(reverse("hallway:account"))


@method_decorator(sensitive_post_parameters("current", "password"), name="dispatch")
class PasswordView(OwnAccountPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Change it; every other session ends, and the account's address is told."""
        form = PasswordForm(request.POST, auto_id="id_password_%s")
        if not form.is_valid():
            return self.show(request, form, status=400)
        try:
            change_password(request, self.author, **form.cleaned_data)
        except HallwayError as error:
            form.tell(error)
            return with_wait(self.show(request, form, status=error.status), error)
        return HttpResponseRedirect(reverse("hallway:account") + "?changed=password#password")


@method_decorator(sensitive_post_parameters("current"), name="dispatch")
class AddressView(OwnAccountPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for another address: a letter to it has the link that proves it."""
        form = AddressForm(request.POST, auto_id="id_address_%s")
        if not form.is_valid():
            return self.show(request, address=form, status=400)
        try:
            check_password(request, self.author, form.cleaned_data["current"])
            email, token = addresses.address_token(self.author, form.cleaned_data["email"])
        except HallwayError as error:
            form.tell(error)
            return with_wait(self.show(request, address=form, status=error.status), error)
        link = request.build_absolute_uri(reverse("hallway:new_address", args=[token]))
        later(letter("address.txt", _("Your e-mail for Hallway"), to=email, link=link))
        return self.show(request, asked_at=email)


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class NewAddressView(AccountsPage):
    """Where the letter's link leads: opening it changes nothing, a button does."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        _, email = addresses.check_address(token)
        return render(request, "hallway/new_address.html", {"email": email})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        before, email = addresses.change_address(token)
        note(request, "e-mail changed by a letter's link")
        if before:
            subject = _("Your e-mail for Hallway was changed")
            later(letter("address_changed.txt", subject, to=before, email=email))
        return HttpResponseRedirect(reverse("hallway:account") + "?changed=address#address")


class SessionView(OwnAccountPage):
    def post(self, request: HttpRequest, sign_in_id: int) -> HttpResponse:  # type: ignore[override]
        """End one of one's own sessions."""
        if not sign_ins.end_sign_in(self.author, sign_in_id):
            raise NotFound
        note(request, "one session ended", self.author)
        return HttpResponseRedirect(reverse("hallway:account") + "#sessions")


class SessionsView(OwnAccountPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out everywhere, here too."""
        sign_ins.end_all(self.author)
        request.session.flush()
        note(request, "signed out everywhere", self.author)
        return signed_out()


def change_password(request: HttpRequest, me: Author, current: str, password: str) -> None:
    """Raises `WrongPassword`, `WeakPassword` or `TooManyAttempts`."""
    check_password(request, me, current)
    assert me.user is not None
    key = request.session.session_key
    passwords.change_password(me, password, session_key=key)
    update_session_auth_hash(request, me.user)
    request.session.save()
    passwords.move_sign_in(me, key, request.session.session_key)
    note(request, "password changed", me)
    tell_of_new_password(me.user.email)


def check_password(request: HttpRequest, me: Author, current: str) -> None:
    """Whoever is at this browser knows the password. Raises `WrongPassword`, `TooManyAttempts`."""
    who = f"password of {me.pk}"
    check_attempt(request, who)
    assert me.user is not None
    if not me.user.check_password(current):
        note(request, "password refused", me)
        raise WrongPassword
    forget_attempts(request, who)


def device_name(agent: str) -> str:
    """A User-Agent in two words, as people know it: "Firefox · Linux"."""
    browser = next((name for word, name in BROWSERS if re.search(rf"\b{word}\w*/", agent)), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    system = "Mac" if system == "Macintosh" else system
    return " · ".join(filter(None, (browser, system))) or agent[:40]
