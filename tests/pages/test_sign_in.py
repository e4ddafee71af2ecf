"""Signing in and out, and the first run."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from hallway import limits
from hallway.actions import messages, people
from hallway.models import Author, SignIn
from tests.people import make_member, make_owner

RIGHT = {"email": "ada@example.org", "password": "correct horse"}


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch, static_files):
    monkeypatch.setattr(limits, "_attempts", limits.Limiter(seconds=180))


@pytest.fixture
def ada(hallway):
    return make_owner("Ada")


def test_an_account_signs_in_and_is_the_same_author(client, ada):
    answer = client.post("/sign-in/", RIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/api/me").json() == {
        "id": ada.pk,
        "name": "Ada",
        "kind": "member",
        "role": "owner",
        "picture": "",
        "about": "",
        "time_zone": "",
        "hides_reading": False,
    }


@pytest.mark.parametrize("email", ["ADA@example.org ", "ada@EXAMPLE.org"])
def test_an_address_is_the_same_however_it_is_written(client, ada, email):
    assert client.post("/sign-in/", RIGHT | {"email": email}).status_code == 302


def test_accounts_of_djangos_commands_sign_in_by_name_or_address(client, maya):
    User.objects.filter(username="maya").update(username="Maya")
    for email in ("Maya", "maya", "maya@example.org"):
        answer = Client().post("/sign-in/", {"email": email, "password": "correct horse"})
        assert answer.status_code == 302


def test_a_wrong_password_and_an_unknown_account_look_the_same(ada):
    bodies = []
    for email in ("ada@example.org", "eve@example.org"):
        client = Client()
        answer = client.post("/sign-in/", {"email": email, "password": "wrong"})
        assert answer.status_code == 403
        assert client.get("/api/me").status_code == 401
        bodies.append(answer.content.decode().replace(email, "…"))
    without_token = [body.split("csrfmiddlewaretoken")[0] for body in bodies]
    assert without_token[0] == without_token[1]
    assert "wrong" not in bodies[0].split("<form")[1].split("autocomplete")[2]


def test_somebody_switched_off_does_not_come_in(client, ada):
    bob = make_member("Bob")
    people.deactivate(ada, bob)
    answer = client.post("/sign-in/", {"email": "bob@example.org", "password": "correct horse"})
    assert answer.status_code == 403
    people.reactivate(ada, bob)
    answer = client.post("/sign-in/", {"email": "bob@example.org", "password": "correct horse"})
    assert answer.status_code == 302


def test_ten_wrong_passwords_are_enough_and_the_owner_elsewhere_comes_in(client, ada):
    wrong = RIGHT | {"password": "wrong"}
    for _ in range(10):
        assert client.post("/sign-in/", wrong).status_code == 403
    answer = client.post("/sign-in/", RIGHT)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 180
    assert client.post("/sign-in/", RIGHT, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_a_right_password_wipes_the_slate(client, ada):
    for _ in range(3):
        for _ in range(6):
            client.post("/sign-in/", RIGHT | {"password": "wrong"})
        assert client.post("/sign-in/", RIGHT).status_code == 302


def test_signing_in_makes_a_new_session_and_ends_the_old(client, ada):
    client.post("/lobby/", {"username": "Zoe"})
    before = client.cookies["sessionid"].value
    client.post("/sign-in/", RIGHT)
    after = client.cookies["sessionid"].value
    assert before != after
    assert list(Session.objects.values_list("session_key", flat=True)) == [after]
    assert SignIn.objects.get().session_key == after


def test_a_guest_who_signs_in_to_an_account_leaves_as_guest(client, ada):
    client.post("/lobby/", {"username": "Zoe"})
    client.post("/sign-in/", RIGHT)
    assert Author.objects.get(name="Zoe").has_left
    assert client.get("/api/me").json()["name"] == "Ada"


def test_signing_out_ends_this_session_and_no_other(client, ada):
    other = Client()
    for browser in (client, other):
        browser.post("/sign-in/", RIGHT)
    cookie = client.cookies["sessionid"].value
    answer = client.post("/sign-out/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/lobby/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    client.cookies["sessionid"] = cookie
    assert client.get("/api/me").status_code == 401
    assert other.get("/api/me").status_code == 200
    assert SignIn.objects.count() == 1


def test_signing_out_is_a_post(client, ada):
    client.post("/sign-in/", RIGHT)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/api/me").status_code == 200


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-out/", "/first-run/x/"])
def test_nothing_is_done_without_the_token(ada, path):
    client = Client(enforce_csrf_checks=True)
    assert client.post(path, RIGHT).status_code == 403
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "\\\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_pages_of_this_site_only(client, ada, wanted):
    assert client.post("/sign-in/", RIGHT | {"next": wanted}).headers["Location"] == "/"


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, ada):
    assert (
        'value="/rooms/hallway/"' in client.get("/sign-in/?next=/rooms/hallway/").content.decode()
    )
    answer = client.post("/sign-in/", RIGHT | {"next": "/rooms/hallway/"})
    assert answer.headers["Location"] == "/rooms/hallway/"
    answer = client.get("/sign-in/?next=/rooms/hallway/")
    assert answer.headers["Location"] == "/rooms/hallway/"


def test_djangos_admin_has_no_way_in_of_its_own(client, ada):
    answer = client.get("/admin/")
    assert answer.headers["Location"] == "/admin/login/?next=/admin/"
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.headers["Location"] == "/sign-in/?again=yes&next=/admin/"
    client.post("/sign-in/", RIGHT)
    assert client.get("/admin/").status_code == 200
    Author.objects.update(role="member")
    User.objects.update(is_staff=False)
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_project_with_accounts_of_its_own_has_none_of_this(client, ada, setting):
    setting(ACCOUNTS=False)
    assert client.get("/sign-in/").status_code == 404
    assert client.post("/sign-in/", RIGHT).status_code == 404
    assert client.get(f"/first-run/{people.first_run_secret()}/").status_code == 404


def test_the_lobby_offers_to_sign_in(client, hallway, setting):
    assert 'href="/sign-in/"' in client.get("/lobby/").content.decode()
    setting(GUESTS=False)
    page = client.get("/lobby/?next=/rooms/hallway/").content.decode()
    assert 'href="/sign-in/?next=/rooms/hallway/"' in page
    assert 'name="username"' not in page


def test_guests_who_are_in_when_guests_are_switched_off_are_out(client, hallway, setting):
    client.post("/lobby/", {"username": "Zoe"})
    assert client.get("/api/me").status_code == 200
    setting(GUESTS=False)
    assert client.get("/api/me").status_code == 401


NEW = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}


def test_the_first_run_makes_the_owner_once(client, hallway):
    page = f"/first-run/{people.first_run_secret()}/"
    assert client.get(page).status_code == 200
    assert client.post(page, NEW).status_code == 302
    assert client.get("/api/me").json()["role"] == "owner"
    stranger = Client()
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, NEW | {"email": "eve@example.org"}).status_code == 404
    assert User.objects.count() == 1


def test_the_first_run_needs_the_secret(client, hallway):
    for secret in ("guess", "é", "0" * 40):
        assert client.get(f"/first-run/{secret}/").status_code == 404
        assert client.post(f"/first-run/{secret}/", NEW).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 400),
        ({"email": "nobody"}, 400),
        ({"password": "short"}, 400),
        ({"password": "iloveyou"}, 400),
        ({"name": "Zoe"}, 409),
    ],
)
def test_what_is_wrong_is_told_at_its_field(client, zoe, fields, status):
    answer = client.post(f"/first-run/{people.first_run_secret()}/", NEW | fields)
    assert answer.status_code == status
    assert next(iter(fields)) in answer.context["form"].errors
    assert NEW["password"] not in answer.content.decode()


def test_the_guest_at_the_first_run_keeps_what_they_wrote(client, hallway):
    client.post("/lobby/", {"username": "Ada"})
    me = client.get("/api/me").json()
    author = Author.objects.get(pk=me["id"])
    messages.post_message(author, hallway, source="before")
    page = f"/first-run/{people.first_run_secret()}/"
    assert 'value="Ada"' in client.get(page).content.decode()
    client.post(page, NEW)
    assert client.get("/api/me").json() == me | {"kind": "member", "role": "owner"}
