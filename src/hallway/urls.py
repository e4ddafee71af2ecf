"""Hallway's addresses; include them at the root, or below a path of your own."""

from django.urls import path

from hallway.api.site import api
from hallway.live import views as live
from hallway.pages.docs import DocsView
from hallway.pages.first_run import FirstRunView
from hallway.pages.lobby import LeaveView, LobbyView
from hallway.pages.room import HomeView, RoomView
from hallway.pages.sign_in import SignInView, SignOutView
from hallway.pages.tutorial import CreateMessageView
from hallway.pages.up import UpView

app_name = "hallway"

# Tried from the top: what is asked most often comes first.
urlpatterns = [
    path("api/stream", live.events, name="stream"),
    path("api/docs", DocsView.as_view(), name="docs"),
    path("api/", api.urls),
    path("sign-in/", SignInView.as_view(), name="sign_in"),
    path("sign-out/", SignOutView.as_view(), name="sign_out"),
    path("first-run/<str:secret>/", FirstRunView.as_view(), name="first_run"),
    path("rooms/<slug:slug>/", RoomView.as_view(), name="room"),
    path("", HomeView.as_view(), name="home"),
    path("lobby/", LobbyView.as_view(), name="lobby"),
    path("name/", LobbyView.as_view(), name="rename"),
    path("leave/", LeaveView.as_view(), name="leave"),
    path("create-message/", CreateMessageView.as_view(), name="create_message"),
    path("stream-chat-messages/", live.tutorial, name="tutorial_stream"),
    path("up", UpView.as_view(), name="up"),
]
