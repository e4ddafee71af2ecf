"""The admin: people look there, and open rooms."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hallway.actions import messages, sign_ins
from hallway.events import log
from hallway.models import Author, Message, Room, SignIn
from tests.people import make_staff

LISTS = ["author", "room", "message"]
NEW_ROOM = {
    "memberships-TOTAL_FORMS": "0",
    "memberships-INITIAL_FORMS": "0",
    "_save": "Save",
}


@pytest.fixture
def staff(browser_of, maya) -> Client:
    client: Client = browser_of(maya)
    sign_ins.note_sign_in(maya, client.session.session_key or "", device="", address=None)
    return client


@pytest.mark.parametrize("model", LISTS)
def test_its_lists_and_pages_load(staff, joe, hallway, model):
    messages.post_message(joe, hallway, source="hello")
    for query in ("", "?q=hello", "?o=1"):
        assert staff.get(f"/admin/hallway/{model}/{query}").status_code == 200
    row = {"author": joe, "room": hallway, "message": Message.objects.get()}[model]
    assert staff.get(f"/admin/hallway/{model}/{row.pk}/change/").status_code == 200
    assert staff.get("/admin/").status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_its_lists_cost_the_same_at_10_and_20_rows(staff, maya, hallway, count_queries, model):
    from hallway.actions.accounts import enter_as_guest
    from hallway.actions.rooms import create_room

    def add_ten():
        for _ in range(10):
            messages.post_message(enter_as_guest(""), hallway, source="hi")
            create_room(maya, "Tea")

    add_ten()
    staff.get(f"/admin/hallway/{model}/")
    ten = count_queries(lambda: staff.get(f"/admin/hallway/{model}/"))
    add_ten()
    assert count_queries(lambda: staff.get(f"/admin/hallway/{model}/")) == ten


@pytest.mark.parametrize("model", LISTS)
def test_zoe_sees_nothing_of_it(browser_of, zoe, model):
    for path in (f"/admin/hallway/{model}/", "/admin/", "/admin/hallway/room/add/"):
        answer = browser_of(zoe).get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")


def test_a_room_is_opened_by_the_action(staff):
    position = log.span().newest
    answer = staff.post("/admin/hallway/room/add/", NEW_ROOM | {"name": "Tea", "slug": "tea"})
    assert answer.status_code == 302, answer.content.decode()
    assert Room.objects.get(slug="tea").name == "Tea"
    told = [entry.kind for entry in log.read_after(position, limit=9)]
    assert told == ["room.created", "member.joined"]
    assert "was added successfully" in staff.get("/admin/").text


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "slug": "tea"},
        {"name": "Tea", "slug": "hallway"},
        {"name": "Tea", "slug": "a b"},
        {"name": "\u202eevil", "slug": "evil"},
        {"name": "\u200b", "slug": "nothing"},
    ],
)
def test_a_room_that_cannot_be_is_told_in_the_form(staff, fields):
    answer = staff.post("/admin/hallway/room/add/", NEW_ROOM | fields)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert Room.objects.count() == 1


def test_authors_and_messages_are_not_changed_by_hand(staff, joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="hello")
    assert staff.get("/admin/hallway/message/add/").status_code == 403
    change = reverse("admin:hallway_message_change", args=[message.pk])
    assert staff.post(change, {"content": "forged"}).status_code == 403
    assert Message.objects.get().content == "hello"


def test_a_message_is_removed_by_the_action(staff, joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="spam")
    answer = staff.post(
        "/admin/hallway/message/", {"action": "remove", "_selected_action": [message.pk]}
    )
    assert answer.status_code == 302
    assert Message.objects.get().content == ""
    assert log.read_after(log.span().newest - 1, limit=1)[0].kind == "message.deleted"


def test_an_author_is_made_to_leave_by_the_action(staff, joe):
    answer = staff.post(
        "/admin/hallway/author/", {"action": "make_leave", "_selected_action": [joe.pk]}
    )
    assert answer.status_code == 302
    assert Author.objects.get(pk=joe.pk).has_left


def test_staff_that_only_looks_removes_nothing(browser_of, joe, hallway, first_rows):
    """The actions ask for more than the right to look."""
    from django.contrib.auth.models import Permission

    watcher = make_staff("watcher")
    watcher.is_superuser = False
    watcher.save()
    watcher.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(watcher)
    message, _ = messages.post_message(joe, hallway, source="hello")
    client.post("/admin/hallway/message/", {"action": "remove", "_selected_action": [message.pk]})
    client.post("/admin/hallway/author/", {"action": "make_leave", "_selected_action": [joe.pk]})
    assert Message.objects.get().content == "hello"
    assert not Author.objects.get(pk=joe.pk).has_left


def test_an_hour_after_the_password_it_is_asked_again(client, first_rows):
    make_staff("ada")
    known = {"email": "ada", "password": "correct horse"}
    client.post("/sign-in/", known)
    assert client.get("/admin/").status_code == 200
    SignIn.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    answer = client.get("/admin/hallway/room/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/?")
    assert client.get("/api/me").status_code == 200, "the chat goes on"
    asked = answer.context["next"]
    answer = client.post("/sign-in/", known | {"next": asked})
    assert answer.headers["Location"] == asked == "/admin/hallway/room/"
    assert client.get(asked).status_code == 200
