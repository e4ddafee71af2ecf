from django.contrib import admin
from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.orders, name="orders"),
    path("orders/<int:number>/", views.order, name="order"),
    path("orders/<int:number>/send/", views.send, name="send"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path("chat/", include("hallway.urls")),
]
