"""The lobby: one comes in, takes another name, leaves."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from hallway.models import Author

pytestmark = pytest.mark.usefixtures("first_rows", "static_files")


def enter(name: str, client: Client | None = None, **more: str):
    client = client or Client()
    return client, client.post("/lobby/", {"username": name} | more)


def test_it_suggests_a_name_that_is_free():
    page = Client().get("/lobby/")
    assert page.status_code == 200
    assert page.context["suggestion"]
    enter(page.context["suggestion"])
    assert Client().get("/lobby/").context["suggestion"] != page.context["suggestion"]


def test_one_comes_in_under_a_name():
    client, answer = enter("  Ophelia ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    author = Author.objects.get()
    assert author.name == "Ophelia"
    assert client.get("/api/me").json()["id"] == author.pk


def test_a_blank_name_becomes_a_random_one():
    _, answer = enter("   ")
    assert answer.status_code == 302
    assert Author.objects.get().name


def test_the_session_is_a_fresh_one():
    """An id that somebody else planted in the browser is not the one that gets the name."""
    client = Client()
    client.session["planted"] = 1
    session = client.session
    session["planted"] = 1
    session.save()
    before = client.cookies["sessionid"].value
    enter("Ophelia", client)
    assert client.cookies["sessionid"].value != before


def test_a_guest_stays_the_same_author_across_visits():
    client, _ = enter("Ophelia")
    first = client.get("/api/me").json()
    again = Client()
    again.cookies["sessionid"] = client.cookies["sessionid"].value
    assert again.get("/api/me").json() == first


def test_a_name_in_use_is_refused_with_a_message():
    enter("Ophelia")
    client, answer = enter("OPHELIA")
    assert answer.status_code == 409
    assert "OPHELIA" in answer.content.decode()
    assert "already" in answer.content.decode()
    assert client.get("/api/me").status_code == 401
    assert Author.objects.count() == 1


@pytest.mark.parametrize("name", ["x" * 51, "x" * 500, "a\0b", "a\nb", "\u202ebad", "\u200d"])
def test_a_name_that_cannot_be_is_refused_with_a_message(name):
    _, answer = enter(name)
    assert answer.status_code == 400
    assert answer.context["form"].errors["username"]
    assert not Author.objects.exists()


def test_a_guest_long_gone_gives_the_name_free():
    first, _ = enter("Ophelia")
    Author.objects.update(last_seen_at=timezone.now() - timedelta(days=15))
    second, answer = enter("Ophelia")
    assert answer.status_code == 302
    assert second.get("/api/me").json()["name"] == "Ophelia"
    assert first.get("/api/me").status_code == 401


def test_the_name_stays_text_in_the_page():
    name = "<img src=x onerror=alert(1)>"
    client, _ = enter(name)
    page = client.get("/rooms/hallway/").content.decode()
    assert name not in page
    assert escape(name) in page


@pytest.mark.parametrize("address", ["/lobby/", "/name/"])
def test_one_takes_another_name(address):
    client, _ = enter("Ophelia")
    answer = client.post(address, {"username": "Portia"})
    assert answer.status_code == 302
    assert Author.objects.get().name == "Portia"


def test_nobody_takes_anothers_name():
    enter("Ophelia")
    client, _ = enter("Portia")
    assert client.post("/name/", {"username": "Ophelia"}).status_code == 409
    assert client.get("/api/me").json()["name"] == "Portia"


def test_leaving_ends_the_session():
    client, _ = enter("Ophelia")
    key = client.cookies["sessionid"].value
    answer = client.post("/leave/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/lobby/")
    assert client.get("/api/me").status_code == 401
    replay = Client()
    replay.cookies["sessionid"] = key
    assert replay.get("/api/me").status_code == 401
    assert Author.objects.get().has_left
    assert enter("Ophelia")[1].status_code == 302


def test_leaving_is_a_post():
    client, _ = enter("Ophelia")
    answer = client.get("/leave/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert not Author.objects.get().has_left


@pytest.mark.parametrize("path", ["/", "/rooms/hallway/", "/rooms/kitchen/", "/leave/"])
def test_without_a_name_every_page_leads_to_the_lobby(path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/lobby/")


def test_the_lobby_leads_back_to_where_one_wanted_to_go():
    client = Client()
    lobby = client.get("/rooms/hallway/?x=1").headers["Location"]
    assert lobby == "/lobby/?next=%2Frooms%2Fhallway%2F%3Fx%3D1"
    assert client.get(lobby).context["next"] == "/rooms/hallway/?x=1"
    _, answer = enter("Ophelia", client, next="/rooms/hallway/?x=1")
    assert answer.headers["Location"] == "/rooms/hallway/?x=1"


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\\evil",
    ],
)
def test_the_lobby_leads_to_no_other_site(place):
    _, answer = enter("", next=place)
    assert answer.headers["Location"] == "/"


def test_coming_in_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    assert enter("Ophelia", client)[1].status_code == 403
    assert not Author.objects.exists()
    page = client.get("/lobby/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    _, answer = enter("Ophelia", client, csrfmiddlewaretoken=token[1])
    assert answer.status_code == 302


def test_guests_can_be_switched_off(setting):
    setting(GUESTS=False)
    _, answer = enter("Ophelia")
    assert answer.status_code == 403
    assert not Author.objects.exists()
