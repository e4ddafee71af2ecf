"""Who is here, on the real server: however a connection ends, and whoever else listens."""

from tests.server import Person, Server


def number_of(person: Person) -> int:
    found: int = person.http.get("/api/me").json()["id"]
    return found


def test_who_hangs_up_is_gone_a_moment_later(product: Server) -> None:
    maya, joe = product.person("Hermia"), product.person("Lysander")
    author = number_of(joe)
    with maya.hear() as heard:
        first, second = joe.hear(), joe.hear()
        heard.wait(lambda heard: heard.presence().get(author) is True)
        second.close()
        first.close()
        heard.wait(lambda heard: heard.presence().get(author) is False)
    for person in (maya, joe):
        person.send("POST", "/leave/")


def test_an_outsider_gets_no_frame_for_what_happens_in_a_private_room(start):
    server: Server = start()
    joe, zoe, outsider = server.members("Joe", "Zoe", "Puck")
    private = joe.send("POST", "/api/direct", json={"authors": [number_of(zoe)]}).json()["slug"]
    for person in (joe, zoe):
        person.send("DELETE", "/api/rooms/hallway/membership")
    with outsider.hear() as heard, zoe.hear() as told:
        heard.heartbeat()
        told.heartbeat()
        before = len(heard.frames)
        with joe.hear():
            told.wait(lambda told: told.presence().get(number_of(joe)) is True)
            assert joe.send("POST", f"/api/rooms/{private}/typing").status_code == 204
            told.wait(lambda told: any(frame.kind == "typing" for frame in told.frames))
            joe.say("psst", room=private)
            told.wait(lambda told: told.contents() == ["psst"])
        told.wait(lambda told: told.presence().get(number_of(joe)) is False)
        assert outsider.http.get("/api/search", params={"q": "psst"}).json()["messages"] == []
        # The heart beats by the clock, not by what happens.
        assert {frame.kind for frame in heard.frames[before:]} <= {"heartbeat"}


def test_members_and_cards_tell_who_is_here_and_only_to_those_who_share_a_room(start):
    server: Server = start()
    joe, zoe, outsider = server.members("Joe", "Zoe", "Puck")
    private = joe.send("POST", "/api/direct", json={"authors": [number_of(zoe)]}).json()["slug"]
    joe.send("DELETE", "/api/rooms/hallway/membership")

    def online(person: Person) -> bool:
        found: bool = person.http.get(f"/api/people/{number_of(joe)}").json()["online"]
        return found

    with zoe.hear() as told:
        with joe.hear():
            told.wait(lambda told: told.presence().get(number_of(joe)) is True)
            members = zoe.http.get(f"/api/rooms/{private}/members").json()["members"]
            assert {one["author"]["name"]: one["online"] for one in members} == {
                "Joe": True,
                "Zoe": True,
            }
            assert online(zoe)
            assert not online(outsider)
            # The page knows it before any event.
            page = zoe.http.get(f"/rooms/{private}/").text
            assert f'data-online="{number_of(joe)}"' in page
            assert 'data-online=""' in outsider.http.get("/rooms/hallway/").text
        told.wait(lambda told: told.presence().get(number_of(joe)) is False)
        assert not online(zoe)
