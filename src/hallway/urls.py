"""Hallway's addresses; include them at the root, or below a path of your own."""

from django.urls import path

from hallway.api.site import api
from hallway.live import views as live
from hallway.pages.account import (
    AccountView,
    AddressView,
    ChangePictureView,
    NewAddressView,
    PasswordView,
    SessionsView,
    SessionView,
)
from hallway.pages.docs import DocsView
from hallway.pages.emoji import EmojiView
from hallway.pages.first_run import FirstRunView
from hallway.pages.join import JoinView
from hallway.pages.language import LanguageView
from hallway.pages.lobby import LeaveView, LobbyView
from hallway.pages.moderation import BanView, ModerationView, ReportView
from hallway.pages.passwords import ForgottenView, ResetView
from hallway.pages.people import (
    CardView,
    InvitationsView,
    InvitationView,
    PeopleView,
    PersonView,
)
from hallway.pages.pictures import PictureView
from hallway.pages.room import FrameView, HomeView, PermalinkView, RoomView
from hallway.pages.sign_in import SignInView, SignOutView
from hallway.pages.tutorial import CreateMessageView
from hallway.pages.up import UpView

app_name = "hallway"

# Tried from the top: what is asked most often comes first.
urlpatterns = [
    path("api/stream", live.events, name="stream"),
    path("api/docs", DocsView.as_view(), name="docs"),
    path("api/", api.urls),
    path("rooms/<slug:slug>/", RoomView.as_view(), name="room"),
    path("rooms/<slug:slug>/frame/", FrameView.as_view(), name="frame"),
    path("rooms/<slug:slug>/messages/<int:message_id>/", PermalinkView.as_view(), name="message"),
    path("", HomeView.as_view(), name="home"),
    path("lobby/", LobbyView.as_view(), name="lobby"),
    path("language/", LanguageView.as_view(), name="language"),
    path("name/", LobbyView.as_view(), name="rename"),
    path("leave/", LeaveView.as_view(), name="leave"),
    path("sign-in/", SignInView.as_view(), name="sign_in"),
    path("sign-out/", SignOutView.as_view(), name="sign_out"),
    path("password/", ForgottenView.as_view(), name="forgotten"),
    path("password/<str:number>/<str:token>/", ResetView.as_view(), name="reset"),
    path("join/<str:token>/", JoinView.as_view(), name="join"),
    path("account/", AccountView.as_view(), name="account"),
    path("account/picture/", ChangePictureView.as_view(), name="change_picture"),
    path("pictures/<int:author_id>/<slug:picture>.webp", PictureView.as_view(), name="picture"),
    path("account/address/", AddressView.as_view(), name="change_address"),
    path("account/address/<str:token>/", NewAddressView.as_view(), name="new_address"),
    path("account/password/", PasswordView.as_view(), name="change_password"),
    path("account/sessions/", SessionsView.as_view(), name="end_sessions"),
    path("account/sessions/<int:sign_in_id>/", SessionView.as_view(), name="end_session"),
    path("emoji/", EmojiView.as_view(), name="emoji"),
    path("people/", PeopleView.as_view(), name="people"),
    path("people/<int:author_id>/", PersonView.as_view(), name="person"),
    path("people/<int:author_id>/card/", CardView.as_view(), name="card"),
    path("people/<int:author_id>/ban/", BanView.as_view(), name="ban"),
    path("moderation/", ModerationView.as_view(), name="moderation"),
    path("moderation/reports/<int:message_id>/", ReportView.as_view(), name="report"),
    path("invitations/", InvitationsView.as_view(), name="invitations"),
    path("invitations/<int:number>/", InvitationView.as_view(), name="invitation"),
    path("first-run/<str:secret>/", FirstRunView.as_view(), name="first_run"),
    path("create-message/", CreateMessageView.as_view(), name="create_message"),
    path("stream-chat-messages/", live.tutorial, name="tutorial_stream"),
    path("up", UpView.as_view(), name="up"),
]
