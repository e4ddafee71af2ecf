"""The example: a room on each order's page, for whom the shop lets see the order."""

import pytest

from tests.host.shop import Shop
from tests.wire import until

LAMP, DOOR = 1, 2
USERS = "from django.contrib.auth.models import User"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    running = Shop(tmp_path_factory.mktemp("shop") / "data").start()
    yield running
    running.stop(codes=(0, -15, 1), is_ours=False)


@pytest.fixture(scope="module")
def maya(shop):
    return shop.customer("maya")


@pytest.fixture(scope="module")
def joe(shop):
    return shop.customer("joe")


@pytest.fixture(scope="module")
def zoe(shop):
    return shop.customer("zoe")


def orm(shop, code):
    return shop.shell(f"from shop.models import Order\n{code}")


def test_customer_and_shop_chat_about_an_order(joe, maya):
    room = joe.room_of(LAMP)
    assert room
    assert maya.room_of(LAMP) == room
    heard = joe.hear()
    assert maya.post("It is a **green** one.", room=room).status_code == 201
    heard.wait_for("It is a **green** one.")
    assert "<strong>green</strong>" in joe.http.get(f"/chat/rooms/{room}/frame/").text


def test_another_customer_learns_nothing_of_it(joe, zoe):
    room = joe.room_of(LAMP)
    assert zoe.room_of(LAMP) == ""
    for path in (f"/chat/api/rooms/{room}/messages", f"/chat/rooms/{room}/frame/"):
        assert zoe.http.get(path).status_code == 404
    assert zoe.post("Let me in", room=room).status_code == 404
    assert zoe.listen(f"/api/stream?room={room}").status == 404


def test_nobody_chooses_people_in_place_of_the_shop(joe, maya, zoe):
    """Not even maya, who runs it; the rest of the room's settings is hers."""
    room = joe.room_of(LAMP)
    assert maya.room_of(LAMP) == room
    hers, his = (person.http.get("/chat/api/me").json()["id"] for person in (zoe, joe))
    members = f"/chat/api/rooms/{room}/members"
    for method, path, body in (
        ("PUT", f"{members}/{hers}", None),
        ("DELETE", f"{members}/{his}", None),
        ("PATCH", f"{members}/{his}", {"role": "manager"}),
        ("PATCH", f"/chat/api/rooms/{room}", {"kind": "open"}),
    ):
        answer = maya.send(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "site-decides"), path
    changed = maya.send("PATCH", f"/chat/api/rooms/{room}", json={"description": "A lamp"})
    assert changed.status_code == 200, changed.text
    assert joe.send("PATCH", f"/chat/api/rooms/{room}", json={"name": "Mine"}).status_code == 403
    assert zoe.send("PATCH", f"/chat/api/rooms/{room}", json={"name": "Mine"}).status_code == 404


def test_the_shop_speaks_for_itself_and_once(shop, joe, maya):
    room = joe.room_of(LAMP)
    heard = joe.hear()
    for _ in range(2):
        assert maya.send("POST", f"/orders/{LAMP}/send/").status_code == 302
    heard.wait_for("Your parcel is **on its way**.")
    posted = joe.http.get(f"/chat/api/rooms/{room}/messages").json()["messages"]
    spoken = [message for message in posted if message["author"]["name"] == "The shop"]
    assert len(spoken) == 1
    assert spoken[0]["author"]["kind"] == "bot"


def test_a_right_that_ends_ends_open_streams_of_the_room(shop, zoe, maya):
    room = zoe.room_of(DOOR)
    assert room
    heard = zoe.hear()
    maya.room_of(DOOR)
    maya.post("Before", room=room)
    heard.wait_for("Before")
    orm(shop, f"order = Order.objects.get(pk={DOOR}); order.customer_id = 1; order.save()")
    maya.post("After, among us", room=room)
    maya.post("For everybody", room="hallway")
    heard.wait_for("For everybody")
    assert "member.left" in heard.kinds()
    assert "After, among us" not in heard.contents()
    assert zoe.http.get(f"/chat/api/rooms/{room}/messages").status_code == 404


def test_a_right_that_ends_without_a_word_is_refused_at_once(shop, zoe):
    number = orm(
        shop,
        "from django.contrib.auth.models import User\n"
        "print(Order.objects.create(customer=User.objects.get(username='zoe'), what='Key').pk)",
    )
    room = zoe.room_of(int(number))
    assert zoe.post("Mine", room=room).status_code == 201
    orm(shop, f"Order.objects.filter(pk={number}).update(customer_id=1)")
    assert zoe.post("Still mine?", room=room).status_code == 404
    assert zoe.http.get(f"/chat/api/rooms/{room}/messages").status_code == 404
    assert room not in zoe.http.get("/chat/api/rooms").text
    assert zoe.listen(f"/api/stream?room={room}").status == 404


def test_signing_out_of_the_shop_ends_the_stream(shop):
    joe = shop.customer("joe")
    heard = joe.hear()
    assert joe.send("POST", "/accounts/logout/").status_code == 302
    until(lambda: "session.ended" in heard.kinds(), what="the stream to end")
    heard.wait_for_end()


def test_an_account_that_is_deleted_hears_no_more(shop):
    shop.shell(f"{USERS}; User.objects.create_user('eve', password='hallway')")
    eve = shop.customer("eve")
    heard = eve.hear()
    shop.shell(
        "from django.contrib.auth.models import User\nUser.objects.get(username='eve').delete()"
    )
    heard.wait_for_end()


def test_the_worker_hands_on_what_was_said(shop, joe):
    room = joe.room_of(LAMP)
    shop.manage("hallway_worker", "--once")
    joe.post("When will it come?", room=room)
    joe.post("I am curious.", room=room)
    shop.manage("hallway_worker", "--once")
    shop.manage("hallway_worker", "--once")
    assert orm(shop, f"print(Order.objects.get(pk={LAMP}).questions)") == "1"
