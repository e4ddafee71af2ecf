"""Who somebody is, as others may know it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hallway.actions import members, profiles, rooms
from hallway.events import log
from hallway.models import Author, Membership
from tests.people import make_member, make_owner


def card_of(client, author):
    answer = client.get(f"/api/people/{author.pk}")
    assert answer.status_code == 200
    return answer.json()


def test_a_card_tells_who_somebody_is(joes, zoe):
    profiles.describe(zoe, about="Sings", time_zone="Asia/Tokyo")
    assert card_of(joes, zoe) == {
        "id": zoe.pk,
        "name": "Zoe",
        "kind": "member",
        "picture": "",
        "role": "member",
        "about": "Sings",
        "time_zone": "Asia/Tokyo",
        "active": True,
        "online": False,
        "last_seen_at": card_of(joes, zoe)["last_seen_at"],
    }


def test_when_somebody_was_here_is_for_those_who_share_a_room(browser_of, joes, joe, zoe, gil):
    for other in (zoe, gil):
        assert card_of(joes, other)["last_seen_at"] is not None
        assert card_of(browser_of(other), joe)["last_seen_at"] is not None
    Membership.objects.filter(author=zoe).delete()
    assert card_of(joes, zoe)["last_seen_at"] is None
    # Zoe reads the open room that Joe belongs to.
    assert card_of(browser_of(zoe), joe)["last_seen_at"] is not None
    Membership.objects.filter(author=joe).delete()
    assert card_of(browser_of(zoe), joe)["last_seen_at"] is None
    assert card_of(browser_of(gil), joe)["last_seen_at"] is None
    rooms.start_direct(joe, [zoe])
    assert card_of(joes, zoe)["last_seen_at"] is not None
    assert card_of(browser_of(gil), zoe)["last_seen_at"] is None


def test_those_who_run_the_place_see_everybody(browser_of, gil):
    ada, bob = make_owner("Ada"), make_member("Bob")
    Membership.objects.all().delete()
    assert card_of(browser_of(ada), gil)["last_seen_at"] is not None
    assert card_of(browser_of(bob), gil)["last_seen_at"] is None


@pytest.mark.parametrize("address", ["/api/people/{}", "/people/{}/card/"])
def test_nobody_has_the_card_of_who_is_gone_or_never_was(joes, gil, address):
    assert joes.get(address.format(gil.pk)).status_code == 200
    Author.objects.filter(pk=gil.pk).update(left_at=timezone.now())
    assert joes.get(address.format(gil.pk)).status_code == 404
    assert joes.get(address.format(9999)).status_code == 404


def test_the_cards_page_offers_what_this_reader_may_do(browser_of, gil):
    ada, bob, cleo = make_owner("Ada"), make_member("Bob"), make_member("Cleo")

    def offered(reader, author):
        page = browser_of(reader).get(f"/people/{author.pk}/card/").text
        words = {"data-write": "write", "#person-": "moderate", "/account/": "account"}
        return {word for mark, word in words.items() if mark in page}

    assert offered(bob, cleo) == {"write"}
    assert offered(bob, bob) == {"account"}
    assert offered(ada, bob) == {"write", "moderate"}
    assert offered(ada, gil) == {"moderate"}
    assert offered(gil, bob) == offered(bob, gil) == set()


def test_the_cards_page_tells_the_time_and_the_last_visit_coarsely(joes, zoe):
    profiles.describe(zoe, about="<b>Sings</b>", time_zone="Asia/Tokyo")
    page = joes.get(f"/people/{zoe.pk}/card/").text
    assert "Here a few minutes ago" in page
    assert "Asia/Tokyo" in page
    assert "&lt;b&gt;Sings" in page
    Author.objects.filter(pk=zoe.pk).update(last_seen_at=timezone.now() - timedelta(days=2))
    assert "2\xa0days" in joes.get(f"/people/{zoe.pk}/card/").text
    Membership.objects.filter(author=zoe).delete()
    assert "2\xa0days" not in joes.get(f"/people/{zoe.pk}/card/").text


def test_words_about_oneself_are_told_to_open_cards(zoe):
    position = log.span().newest
    profiles.describe(zoe, about="Sings")
    profiles.describe(zoe, about="Sings")
    assert [entry.kind for entry in log.read_after(position, limit=9)] == ["author.renamed"]


def test_the_list_of_members_costs_the_same_at_10_and_20(joes, maya, kitchen, count_queries):
    def ask():
        assert joes.get("/api/rooms/kitchen/members").status_code == 200

    for number in range(10):
        members.add_member(maya, kitchen, make_member(f"One {number}"))
    ten = count_queries(ask)
    for number in range(10):
        members.add_member(maya, kitchen, make_member(f"More {number}"))
    assert count_queries(ask) == ten
