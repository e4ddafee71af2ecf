"""The account page, invitations, forgotten passwords, and the people page."""

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from hallway import limits
from hallway.actions import invitations
from hallway.models import Author, Invitation, SignIn
from hallway.pages import letters
from hallway.pages.account import device_name
from tests.people import make_member, make_owner

RIGHT = {"email": "ada@example.org", "password": "correct horse"}
NEW = {"name": "Bob", "email": "bob@example.org", "password": "correct horse"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, static_files):
    monkeypatch.setattr(limits, "_attempts", limits.Limiter(seconds=180))
    monkeypatch.setattr(letters, "_begin", letters.send)


@pytest.fixture
def ada(hallway):
    return make_owner("Ada")


@pytest.fixture
def adas(ada):
    return signed_in()


def signed_in(**fields):
    client = Client(headers={"User-Agent": FIREFOX})
    assert client.post("/sign-in/", RIGHT | fields).status_code == 302
    return client


def is_in(client):
    return client.get("/api/me").status_code == 200


# --- invitations ---------------------------------------------------------------------------------


@pytest.fixture
def link(ada):
    return f"/join/{invitations.token_of(invitations.invite(ada, uses=2))}/"


def test_the_join_page_makes_a_member(client, link):
    assert "Ada" in client.get(link).content.decode()
    answer = client.post(link, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/api/me").json()["role"] == "member"
    assert SignIn.objects.get().author.name == "Bob"


def test_a_guest_joins_and_is_still_who_they_were(client, link):
    client.post("/lobby/", {"username": "Bob"})
    before = client.get("/api/me").json()
    assert 'value="Bob"' in client.get(link).content.decode()
    client.post(link, NEW)
    assert client.get("/api/me").json() == before | {"kind": "member", "role": "member"}


def test_a_guest_can_join_where_guests_are_switched_off_by_now(client, link, setting):
    client.post("/lobby/", {"username": "Bob"})
    before = client.get("/api/me").json()["id"]
    setting(GUESTS=False)
    client.post(link, NEW)
    assert client.get("/api/me").json()["id"] == before


def test_a_link_that_lets_nobody_in_is_not_found(client, link, ada):
    invitations.revoke(ada, Invitation.objects.get().pk)
    for path in (link, "/join/x/"):
        assert client.get(path).status_code == 404
        assert client.post(path, NEW).status_code == 404
    assert User.objects.count() == 1


def test_what_is_wrong_with_a_new_account_is_told_and_uses_nothing_up(client, link):
    for fields, status in (({"password": "short"}, 400), ({"email": "ada@example.org"}, 409)):
        answer = client.post(link, NEW | fields)
        assert answer.status_code == status
        assert next(iter(fields)) in answer.context["form"].errors
    assert Invitation.objects.get().uses == 0


# --- one's own account ---------------------------------------------------------------------------


def test_it_lists_where_one_is_signed_in(adas, ada):
    signed_in()
    page = adas.get("/account/").content.decode()
    assert page.count("Firefox · Linux") >= 2
    assert page.count("this one") == 1
    sessions = adas.get("/api/me/sessions").json()["sessions"]
    assert [session["current"] for session in sessions] == [False, True]


def test_one_ends_ones_own_sessions_and_nobody_elses(adas, ada):
    other = signed_in()
    make_member("Bob")
    bobs = signed_in(email="bob@example.org")
    for path in ("/account/sessions/{}/", "/api/me/sessions/{}"):
        for sign_in in SignIn.objects.filter(author__name="Bob"):
            send = adas.post if path.startswith("/account") else adas.delete
            assert send(path.format(sign_in.pk)).status_code == 404
    mine = SignIn.objects.get(session_key=other.cookies["sessionid"].value)
    assert adas.post(f"/account/sessions/{mine.pk}/").status_code == 302
    assert (is_in(other), is_in(adas), is_in(bobs)) == (False, True, True)


def test_signing_out_everywhere_means_here_too(adas, ada):
    other = signed_in()
    answer = adas.post("/account/sessions/")
    assert answer.headers["Clear-Site-Data"]
    assert (is_in(other), is_in(adas)) == (False, False)
    assert not Session.objects.exists()


def test_another_password_ends_every_other_session(adas, ada):
    other = signed_in()
    old_key = adas.cookies["sessionid"].value
    answer = adas.post(
        "/account/password/", {"current": "correct horse", "password": "battery staple"}
    )
    assert answer.status_code == 302
    assert (is_in(other), is_in(adas)) == (False, True)
    assert adas.cookies["sessionid"].value != old_key
    assert SignIn.objects.get().session_key == adas.cookies["sessionid"].value
    assert Client().post("/sign-in/", RIGHT).status_code == 403
    assert signed_in(password="battery staple")
    assert mail.outbox[0].to == ["ada@example.org"]


@pytest.mark.parametrize(
    ("fields", "status", "place"),
    [
        ({"current": "wrong"}, 403, "current"),
        ({"password": "short"}, 400, "password"),
        ({"password": "qwertyui"}, 400, "password"),
        ({"current": ""}, 400, "current"),
    ],
)
def test_a_password_is_not_changed_without_the_old_and_a_good_new_one(
    adas, ada, fields, status, place
):
    given = {"current": "correct horse", "password": "battery staple"}
    answer = adas.post("/account/password/", given | fields)
    assert answer.status_code == status
    assert place in answer.context["password_form"].errors
    assert User.objects.get().check_password("correct horse")


def test_the_old_password_is_not_guessed_for_ever(adas, ada):
    for _ in range(10):
        adas.post("/account/password/", {"current": "wrong", "password": "battery staple"})
    right = {"current": "correct horse", "password": "battery staple"}
    assert adas.post("/account/password/", right).status_code == 429


def test_a_guest_has_a_page_but_no_password_and_no_sessions(client, hallway):
    client.post("/lobby/", {"username": "Zoe"})
    assert client.get("/account/").status_code == 200
    for path in ("/account/password/", "/account/sessions/", "/account/sessions/1/"):
        assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_know_it(agent, name):
    assert device_name(agent) == name


# --- a forgotten password ------------------------------------------------------------------------


def reset_link():
    found = re.search(r"http://testserver(/password/\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


def test_a_letter_lets_one_set_another_password_once(client, adas, ada):
    answer = client.post("/password/", {"email": "Ada@example.org"})
    assert answer.status_code == 200
    link = reset_link()
    assert client.get(link).status_code == 200
    assert client.post(link, {"password": "short"}).status_code == 400
    assert is_in(adas)
    assert client.post(link, {"password": "battery staple"}).status_code == 302
    assert not is_in(adas)
    assert client.get(link).status_code == 404
    assert client.post(link, {"password": "correct horse"}).status_code == 404
    assert signed_in(password="battery staple")
    assert len(mail.outbox) == 2


def test_asking_for_a_letter_tells_nothing_of_who_has_an_account(ada):
    answers = [
        Client().post("/password/", {"email": email})
        for email in ("ada@example.org", "eve@example.org")
    ]
    assert answers[0].status_code == answers[1].status_code
    bodies = [answer.content.decode() for answer in answers]
    assert bodies[0].replace("ada@", "eve@") == bodies[1]
    assert len(mail.outbox) == 1


def test_letters_are_not_asked_for_without_end(client, ada):
    for _ in range(10):
        client.post("/password/", {"email": "ada@example.org"})
    assert client.post("/password/", {"email": "ada@example.org"}).status_code == 429


@pytest.mark.parametrize("path", ["/password/x/y/", "/password/MQ/set-password/", "/password/é/x/"])
def test_a_forged_reset_is_not_found(client, ada, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"password": "battery staple"}).status_code == 404
    assert User.objects.get().check_password("correct horse")


# --- people --------------------------------------------------------------------------------------


def test_an_owner_gives_roles_and_switches_people_off(adas, ada):
    bob = make_member("Bob")
    bobs = signed_in(email="bob@example.org")
    assert "Bob" in adas.get("/people/").content.decode()
    assert adas.post(f"/people/{bob.pk}/", {"role": "admin"}).status_code == 302
    assert bobs.get("/people/").status_code == 200
    assert adas.post(f"/people/{bob.pk}/", {"active": "off"}).status_code == 302
    assert not is_in(bobs)
    assert adas.post(f"/people/{bob.pk}/", {"active": "on"}).status_code == 302
    assert signed_in(email="bob@example.org")


def test_the_last_owner_is_told_why_not(adas, ada):
    answer = adas.post(f"/people/{ada.pk}/", {"role": "member"})
    assert answer.status_code == 409
    assert "owner" in answer.content.decode()
    assert Author.objects.get(pk=ada.pk).is_owner


def test_members_and_guests_do_not_run_the_place(adas, ada):
    bob = make_member("Bob")
    bobs, zoes = signed_in(email="bob@example.org"), Client()
    zoes.post("/lobby/", {"username": "Zoe"})
    invitation = invitations.invite(ada)
    for client in (bobs, zoes):
        assert client.get("/people/").status_code == 403
        assert client.get("/api/invitations").status_code == 403
        for path, fields in (
            (f"/people/{bob.pk}/", {"role": "owner"}),
            (f"/people/{ada.pk}/", {"active": "off"}),
            ("/invitations/", {"days": "7", "uses": "5"}),
            (f"/invitations/{invitation.pk}/", {}),
        ):
            assert client.post(path, fields).status_code == 403, path
        changed = client.patch(f"/api/people/{bob.pk}", '{"role": "owner"}', "application/json")
        assert changed.status_code == 403
    assert Invitation.objects.open().count() == 1
    assert not Author.objects.exclude(pk=ada.pk).filter(role="owner").exists()


def test_an_owner_makes_and_revokes_links_with_a_picture(adas, ada):
    adas.post("/invitations/", {"days": "3", "uses": "2"})
    page = adas.get("/people/").content.decode()
    assert "<svg" in page
    link = re.search(r'value="(http://testserver/join/[^"]+)"', page)
    assert link
    assert Client().get(link[1]).status_code == 200
    adas.post(f"/invitations/{Invitation.objects.get().pk}/")
    assert Client().get(link[1]).status_code == 404


def test_the_same_over_the_api(adas, ada):
    bob = make_member("Bob")
    made = adas.post("/api/invitations", '{"days": 1, "uses": 1}', "application/json")
    assert made.status_code == 201
    assert Client().get(made.json()["url"]).status_code == 200
    listed = adas.get("/api/invitations").json()["invitations"]
    assert [one["id"] for one in listed] == [made.json()["id"]]
    assert adas.delete(f"/api/invitations/{made.json()['id']}").status_code == 204
    changed = adas.patch(f"/api/people/{bob.pk}", '{"active": false}', "application/json")
    assert (changed.status_code, changed.json()["active"]) == (200, False)
    assert adas.get("/api/people/999").status_code == 404


def test_the_people_page_costs_the_same_at_10_and_20_people(adas, ada, count_queries):
    def ten_more(start):
        for number in range(start, start + 10):
            make_member(f"Member {number}")

    ten_more(0)
    adas.get("/people/")
    ten = count_queries(lambda: adas.get("/people/"))
    ten_more(10)
    assert count_queries(lambda: adas.get("/people/")) == ten


def test_a_host_project_sees_its_people_and_no_invitations(browser_of, maya, joe, setting):
    setting(ACCOUNTS=False)
    mayas = browser_of(maya)
    page = mayas.get("/people/").content.decode()
    assert "Joe" in page
    assert "invitations" not in page
    assert mayas.post("/invitations/", {}).status_code == 404
    assert mayas.get("/api/invitations").status_code == 404
    assert mayas.post("/account/sessions/").status_code == 404
    mayas.post(f"/people/{joe.pk}/", {"active": "off"})
    assert not Author.objects.active().filter(pk=joe.pk).exists()
