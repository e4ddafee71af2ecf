"""Django's admin in the product: its scripts are files of our own, without a nonce."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from hallway.pages.sign_in import SignOutView

POLICY = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}


_with_policy: Any = csp(POLICY)


class HallwayAdminSite(AdminSite):
    site_header = site_title = "Hallway"
    site_url = "/"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _with_policy(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One way in for everybody: with its limits, and its list of sessions."""
        if request.user.is_authenticated:
            raise PermissionDenied  # whoever is signed in and sent here may not be here
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(wanted, reverse("hallway:sign_in"), "next")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return SignOutView.as_view()(request)
