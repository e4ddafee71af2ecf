"""Django's admin in the product: its scripts are files of our own, without a nonce."""

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from hallway.models import SignIn
from hallway.pages.sign_in import AGAIN, SignOutView

POLICY = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}

# A screen left alone is no way in for whoever passes by.
FRESH = timedelta(hours=1)

_with_policy: Any = csp(POLICY)


class HallwayAdminSite(AdminSite):
    site_header = site_title = "Hallway"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """For those who run the place, for an hour from their password."""
        return super().has_permission(request) and _is_fresh(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _with_policy(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One way in for everybody: with its limits, and its list of sessions."""
        if request.user.is_authenticated and not super().has_permission(request):
            raise PermissionDenied  # whoever is signed in and sent here may not be here
        wanted = request.GET.get("next") or reverse("admin:index")
        entrance = reverse("hallway:sign_in", query={AGAIN: "yes"})
        return redirect_to_login(wanted, entrance, "next")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return SignOutView.as_view()(request)


def _is_fresh(request: HttpRequest) -> bool:
    since = timezone.now() - FRESH
    sign_ins = SignIn.objects.filter(session_key=request.session.session_key, created_at__gt=since)
    return sign_ins.exists()
