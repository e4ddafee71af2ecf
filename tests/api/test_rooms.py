"""Rooms and oneself, over HTTP."""

from hallway.actions.accounts import enter_as_guest, leave
from hallway.actions.members import add_member
from hallway.actions.messages import post_message
from hallway.actions.rooms import create_room, start_direct
from hallway.models import Author, Membership, Room
from tests.people import make_somebody

JSON = "application/json"
BLANK = {"picture": "", "about": "", "time_zone": "", "hides_reading": False}


def test_everybody_lists_open_rooms_and_their_own(joes, zoes, kitchen):
    common = {
        "description": "",
        "posting": "everyone",
        "archived": False,
        "slow_mode": 0,
        "shows_readers": False,
        "people": [],
    }
    common |= {
        "role": "member",
        "level": "everything",
        "unread": 0,
        "mentions": 0,
        "read_up_to": 0,
        "newest": 0,
    }
    open_room = {"slug": "hallway", "name": "Hallway", "kind": "open", **common}
    ours = {"slug": "kitchen", "name": "Kitchen", "kind": "private", **common}
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
    assert answer.json() == {
        "slug": "tea",
        "name": "Tea",
        "kind": "open",
        "description": "",
        "posting": "everyone",
        "archived": False,
        "slow_mode": 0,
        "shows_readers": False,
        "people": [],
    }


def test_a_guest_opens_none(browser_of, gil, is_problem):
    answer = browser_of(gil).post("/api/rooms", {"name": "Mine"}, content_type=JSON)
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


def test_one_learns_who_one_is(browser_of, gil, mayas, maya):
    guest = {"id": gil.pk, "name": "Gil", "kind": "guest", "role": "guest"}
    assert browser_of(gil).get("/api/me").json() == guest | BLANK
    staff = {"id": maya.pk, "name": "maya", "kind": "member", "role": "admin"}
    assert mayas.get("/api/me").json() == staff | BLANK


def test_one_takes_another_name(joes, joe):
    answer = joes.patch("/api/me", {"name": " Joseph "}, content_type=JSON)
    assert (answer.json()["id"], answer.json()["name"]) == (joe.pk, "Joseph")


def test_zoe_takes_nobodys_name(zoes, zoe, joe, is_problem):
    is_problem(zoes.patch("/api/me", {"name": "JOE"}, content_type=JSON), 409, "name-taken")
    is_problem(zoes.patch("/api/me", {"name": "\0"}, content_type=JSON), 400, "invalid-name")
    assert Author.objects.get(pk=zoe.pk).name == "Zoe"


def test_a_room_is_described_archived_and_deleted(mayas, joes, kitchen, is_problem):
    def change(**body):
        return mayas.patch("/api/rooms/kitchen", body, content_type=JSON)

    answer = change(name="Larder", description="Jam", posting="managers")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["name"], told["description"], told["posting"]) == ("Larder", "Jam", "managers")
    posted = joes.post("/api/rooms/kitchen/messages", {"content": "hi"}, content_type=JSON)
    is_problem(posted, 403, "only-managers-post")
    assert change(archived=True).json()["archived"] is True
    posted = mayas.post("/api/rooms/kitchen/messages", {"content": "hi"}, content_type=JSON)
    is_problem(posted, 403, "room-archived")
    is_problem(change(kind="direct"), 400, "invalid-parameters")
    is_problem(joes.delete("/api/rooms/kitchen"), 403, "not-allowed")
    assert mayas.delete("/api/rooms/kitchen").status_code == 204
    is_problem(mayas.get("/api/rooms/kitchen/members"), 404, "room-not-found")


def test_members_are_listed_added_promoted_and_removed(mayas, maya, joes, joe, zoe, kitchen):
    address = f"/api/rooms/kitchen/members/{zoe.pk}"
    for _ in range(2):
        assert mayas.put(address).status_code == 204
    assert mayas.patch(address, {"role": "manager"}, content_type=JSON).status_code == 204
    listed = joes.get("/api/rooms/kitchen/members").json()["members"]
    assert [(one["author"]["name"], one["role"]) for one in listed] == [
        ("maya", "manager"),
        ("Zoe", "manager"),
        ("Joe", "member"),
    ]
    for _ in range(2):
        assert mayas.delete(address).status_code == 204
    assert not kitchen.memberships.filter(author=zoe).exists()


def test_the_list_of_members_costs_the_same_for_10_and_20(mayas, maya, kitchen, count_queries):
    def fill(count):
        for number in range(count):
            add_member(maya, kitchen, make_somebody(f"Puck {number} of {count}"))

    fill(10)
    ten = count_queries(lambda: mayas.get("/api/rooms/kitchen/members"))
    fill(11)
    assert count_queries(lambda: mayas.get("/api/rooms/kitchen/members")) == ten


def test_the_same_people_get_the_same_direct_room(joes, joe, zoes, zoe, mayas, is_problem):
    def ask(client, *authors):
        return client.post("/api/direct", {"authors": authors}, content_type=JSON)

    first = ask(joes, zoe.pk)
    assert first.status_code == 201
    assert [person["name"] for person in first.json()["people"]] == ["Joe", "Zoe"]
    again = ask(zoes, joe.pk, zoe.pk)
    assert (again.status_code, again.json()) == (200, first.json())
    slug = first.json()["slug"]
    for client, name in ((joes, "Zoe"), (zoes, "Joe")):
        room = client.get("/api/rooms").json()["rooms"][-1]
        assert (room["slug"], room["name"], room["kind"]) == (slug, name, "direct")
    assert slug not in mayas.get("/api/rooms").content.decode()
    is_problem(ask(joes, 2**40), 404, "author-not-found")
    is_problem(ask(joes), 400, "invalid-parameters")
    is_problem(ask(joes, "zoe"), 400, "invalid-parameters")
    is_problem(joes.delete(f"/api/rooms/{slug}/membership"), 403, "direct-stays")


def test_direct_rooms_come_by_latest_activity(joes, joe, zoe, maya):
    slugs = {}
    for other in (zoe, maya):
        room, _ = start_direct(joe, [other])
        slugs[other.name] = room.slug
        post_message(joe, room, source="hi")
    post_message(joe, Room.objects.get(slug=slugs["Zoe"]), source="again")
    rooms = joes.get("/api/rooms").json()["rooms"]
    assert [room["name"] for room in rooms] == ["Hallway", "Zoe", "maya"]


def test_direct_rooms_cost_no_query_each(joes, joe, count_queries):
    def fill(count):
        for number in range(count):
            start_direct(joe, [make_somebody(f"Puck {number} of {count}")])

    fill(10)
    ten = count_queries(lambda: joes.get("/api/rooms"))
    fill(11)
    assert count_queries(lambda: joes.get("/api/rooms")) == ten


def test_unread_is_what_others_said_since(joes, joe, zoes, zoe, hallway, is_problem):
    def unread(client):
        [room] = client.get("/api/rooms").json()["rooms"]
        return room["unread"], room["read_up_to"]

    ids = [post_message(zoe, hallway, source=f"{number}")[0].pk for number in range(3)]
    post_message(joe, hallway, source="mine")
    assert unread(joes) == (3, 0)
    assert unread(zoes)[0] == 1
    for message in (ids[1], ids[0]):
        answer = joes.put("/api/rooms/hallway/read", {"message": message}, content_type=JSON)
        assert answer.status_code == 204
        assert unread(joes) == (1, ids[1])
    joes.put("/api/rooms/hallway/unread", {"message": ids[1]}, content_type=JSON)
    assert unread(joes) == (2, ids[1] - 1)
    answer = joes.put("/api/rooms/hallway/read", {"message": 2**40}, content_type=JSON)
    is_problem(answer, 404, "message-not-found")


def test_people_are_found_by_how_their_names_begin(joes, joe, maya, zoe):
    def found(q):
        return {one["name"] for one in joes.get("/api/people", {"q": q}).json()["people"]}

    ana = enter_as_guest("Ana Zimmer")
    assert found("") == {"maya", "Zoe", "Ana Zimmer"}
    assert found("z") == {"Zoe", "Ana Zimmer"}
    assert found("MA") == {"maya"}
    assert found("%") == found("\0") == set()
    leave(ana)
    assert found("z") == {"Zoe"}


def test_an_outsider_meets_the_same_404_at_every_address(zoes, joe, maya, kitchen):
    direct, _ = start_direct(joe, [maya])
    message, _ = post_message(joe, kitchen, source="ours")
    read = {"message": message.pk}
    calls = [
        ("get", "", None),
        ("patch", "", {"name": "Mine"}),
        ("delete", "", None),
        ("put", "/membership", None),
        ("patch", "/membership", {"level": "nothing"}),
        ("delete", "/membership", None),
        ("get", "/members", None),
        ("put", f"/members/{joe.pk}", None),
        ("patch", f"/members/{joe.pk}", {"role": "member"}),
        ("delete", f"/members/{joe.pk}", None),
        ("put", "/read", read),
        ("put", "/unread", read),
        ("get", "/messages", None),
        ("post", "/messages", {"content": "hi"}),
    ]
    for method, path, body in calls:
        asked = {"data": body, "content_type": JSON} if body else {}
        answers = [
            getattr(zoes, method)(f"/api/rooms/{slug}{path}", **asked)
            for slug in ("kitchen", direct.slug, "no-such-room")
        ]
        statuses = {answer.status_code for answer in answers}
        assert statuses == ({405} if (method, path) == ("get", "") else {404})
        assert len({answer.content for answer in answers}) == 1, (method, path)
        assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert Room.objects.get(pk=kitchen.pk).name == "Kitchen"
    assert set(kitchen.memberships.values_list("author", flat=True)) == {maya.pk, joe.pk}
