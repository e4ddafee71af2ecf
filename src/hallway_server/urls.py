"""The product's addresses: Hallway at the root, and Django's admin."""

from django.contrib import admin
from django.urls import include, path

from .metrics import MetricsView
from .policy_reports import PolicyReportsView

urlpatterns = [
    path("metrics", MetricsView.as_view()),
    path("policy-reports/", PolicyReportsView.as_view(), name="policy_reports"),
    path("admin/", admin.site.urls),
    path("", include("hallway.urls")),
]

handler400 = "hallway.pages.errors.bad_request"
handler403 = "hallway.pages.errors.forbidden"
handler404 = "hallway.pages.errors.not_found"
handler500 = "hallway.pages.errors.server_error"
