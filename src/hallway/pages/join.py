"""An invitation's page: a name, an address and a password make a member."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters

from hallway.actions import invitations
from hallway.actions.new_accounts import NewAccount
from hallway.errors import HallwayError, InvitationNotFound
from hallway.identity import check_welcome, guest_of, sign_in
from hallway.limits import check_attempt, forget_attempts

from .account_forms import NewAccountForm
from .page import AccountsPage, with_wait


@method_decorator(
    [never_cache, ensure_csrf_cookie, sensitive_post_parameters("password")], name="dispatch"
)
class JoinView(AccountsPage):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        invitations.invitation_at(token)
        guest = guest_of(request)
        form = NewAccountForm(initial={"name": guest.name if guest else ""})
        return self._show(request, form, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Make the account, sign in to it; a guest stays the same author."""
        invitations.invitation_at(token)
        form = NewAccountForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, token, status=400)
        try:
            # Who is invited may try addresses: not many.
            check_attempt(request, f"join {token}")
            check_welcome(request)
            new = NewAccount.check(**form.cleaned_data)
            author = invitations.accept(token, new, guest=guest_of(request))
            # The next colleague at this address is welcome too.
            forget_attempts(request, f"join {token}")
        except InvitationNotFound:
            raise
        except HallwayError as error:
            form.tell(error)
            return with_wait(self._show(request, form, token, status=error.status), error)
        sign_in(request, author)
        return HttpResponseRedirect(reverse("hallway:home"))

    def _show(
        self, request: HttpRequest, form: NewAccountForm, token: str, status: int = 200
    ) -> HttpResponse:
        invitation = invitations.invitation_at(token)
        context = {"form": form, "inviter": invitation.made_by, "guest": guest_of(request)}
        return render(request, "hallway/join.html", context, status=status)
