"""Django's admin in the product: its scripts are files of our own, without a nonce."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

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
        return _with_policy(super().login)(request, extra_context)


class HallwayAdminConfig(AdminConfig):
    default_site = "hallway_server.admin.HallwayAdminSite"
