"""Rooms and oneself, over HTTP."""

from hallway.actions.rooms import create_room
from hallway.models import Author, Membership, Room

JSON = "application/json"


def test_everybody_lists_open_rooms_and_their_own(joes, zoes, kitchen):
    open_room = {"slug": "hallway", "name": "Hallway", "kind": "open"}
    ours = {"slug": "kitchen", "name": "Kitchen", "kind": "private"}
    assert joes.get("/api/rooms").json() == {"rooms": [open_room, ours]}
    assert zoes.get("/api/rooms").json() == {"rooms": [open_room]}


def test_the_list_costs_the_same_at_10_and_20_rooms(mayas, maya, count_queries):
    for number in range(10):
        create_room(maya, f"Room {number}")
    ten = count_queries(lambda: mayas.get("/api/rooms"))
    for number in range(10):
        create_room(maya, f"More {number}")
    assert count_queries(lambda: mayas.get("/api/rooms")) == ten


def test_staff_opens_a_room(mayas):
    answer = mayas.post("/api/rooms", {"name": "Tea"}, content_type=JSON)
    assert answer.status_code == 201
    assert answer.json() == {"slug": "tea", "name": "Tea", "kind": "open"}


def test_zoe_opens_none(zoes, is_problem):
    answer = zoes.post("/api/rooms", {"name": "Mine"}, content_type=JSON)
    is_problem(answer, 403, "not-allowed")
    assert Room.objects.count() == 1


def test_a_room_that_cannot_be_is_refused(mayas, is_problem):
    def ask(**body):
        return mayas.post("/api/rooms", body, content_type=JSON)

    is_problem(ask(name=" "), 400, "invalid-room-name")
    is_problem(ask(name="a\0b"), 400, "invalid-room-name")
    is_problem(ask(name="Tea", kind="secret"), 400, "invalid-parameters")
    is_problem(ask(), 400, "invalid-parameters")


def test_one_leaves_and_joins_an_open_room(joes, joe):
    address = "/api/rooms/hallway/membership"
    for _ in range(2):
        assert joes.delete(address).status_code == 204
        assert not Membership.objects.filter(author=joe).exists()
    for _ in range(2):
        assert joes.put(address).status_code == 204
        assert Membership.objects.filter(author=joe).count() == 1


def test_zoe_joins_no_private_room(zoes, zoe, kitchen, is_problem):
    for room in ("kitchen", "no-such-room"):
        is_problem(zoes.put(f"/api/rooms/{room}/membership"), 404, "room-not-found")
        is_problem(zoes.delete(f"/api/rooms/{room}/membership"), 404, "room-not-found")
    assert not Membership.objects.filter(author=zoe, room=kitchen).exists()


def test_one_learns_who_one_is(joes, joe, mayas, maya):
    assert joes.get("/api/me").json() == {"id": joe.pk, "name": "Joe", "kind": "guest"}
    assert mayas.get("/api/me").json() == {"id": maya.pk, "name": "maya", "kind": "member"}


def test_one_takes_another_name(joes, joe):
    answer = joes.patch("/api/me", {"name": " Joseph "}, content_type=JSON)
    assert answer.json() == {"id": joe.pk, "name": "Joseph", "kind": "guest"}


def test_zoe_takes_nobodys_name(zoes, zoe, joe, is_problem):
    is_problem(zoes.patch("/api/me", {"name": "JOE"}, content_type=JSON), 409, "name-taken")
    is_problem(zoes.patch("/api/me", {"name": "\0"}, content_type=JSON), 400, "invalid-name")
    assert Author.objects.get(pk=zoe.pk).name == "Zoe"
