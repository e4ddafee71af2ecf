"""Finding messages."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hallway import text
from hallway.actions.messages import delete_message, edit_message, post_message, remove_message
from hallway.actions.rooms import change_room
from hallway.errors import InvalidSearch
from hallway.models import Author, Message, Room, SearchEntry
from hallway.queries.search import search


def say(author, room, source):
    return post_message(author, room, source=source)[0]


def found(reader, query, **options):
    return [hit.message.content for hit in search(reader, query, limit=20, **options).hits]


@pytest.fixture(autouse=True)
def whole_index(db):
    """However a test leaves the messages, index and entries agree."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO hallway_search(hallway_search, rank) VALUES ('integrity-check', 1)"
            )
    left = Message.objects.filter(deleted_at=None).values_list("pk", flat=True)
    assert set(SearchEntry.objects.values_list("pk", flat=True)) == set(left)


def test_the_newest_come_first_a_page_at_a_time(joe, hallway):
    ids = [say(joe, hallway, f"cat {number}").pk for number in range(5)]
    page = search(joe, "cat", limit=2)
    assert [hit.message.pk for hit in page.hits] == [ids[4], ids[3]]
    assert page.has_more
    rest = search(joe, "cat", limit=3, before=ids[3])
    assert [hit.message.pk for hit in rest.hits] == ids[2::-1]
    assert not rest.has_more


def test_every_word_has_to_be_there_and_phrases_in_order(joe, hallway):
    say(joe, hallway, "the quick brown fox")
    say(joe, hallway, "brown and quick")
    assert found(joe, "brown QUICK") == ["brown and quick", "the quick brown fox"]
    assert found(joe, '"quick brown"') == ["the quick brown fox"]
    assert found(joe, "quick-brown") == ["the quick brown fox"]
    assert found(joe, "quick cat") == []
    assert found(joe, "qu") == found(joe, '"qui"') == found(joe, "quick-bro") == []


def test_three_letters_find_what_begins_with_them(joe, hallway):
    say(joe, hallway, "hello Ｗörld, 2026 and 20261")
    say(joe, hallway, "HELsinki")
    say(joe, hallway, "shell")
    assert found(joe, "hel") == ["HELsinki", "hello Ｗörld, 2026 and 20261"]
    assert found(joe, "wor hel") == found(joe, "hell") == ["hello Ｗörld, 2026 and 20261"]
    assert found(joe, "he") == found(joe, '"hel"') == found(joe, "202") == []
    assert found(joe, "hel in:hallway from:me after:2020-01-01") == found(joe, "hel")
    (hit,) = search(joe, "wor", limit=9).hits
    assert [part.text for part in hit.excerpt if part.is_match] == ["Ｗörld"]


def test_what_begins_so_in_a_room_one_may_not_read_is_not_found(zoe, joe, kitchen):
    say(joe, kitchen, "the secret recipe")
    assert found(joe, "reci") == ["the secret recipe"]
    assert found(zoe, "reci") == []


@pytest.mark.parametrize("part", ["设", "搜索", "设计方案", "我们讨论设计方案和搜索", "方案和"])
def test_any_part_of_chinese_text_finds_it(joe, hallway, part):
    say(joe, hallway, "我们讨论设计方案和搜索")
    say(joe, hallway, "案方计设")
    assert found(joe, part)[-1] == "我们讨论设计方案和搜索"
    assert len(found(joe, part)) == (2 if part == "设" else 1)


@pytest.mark.parametrize("part", ["検", "検索", "できま", "ﾒｯｾｰｼﾞ", "国", "한국", "어로"])
def test_any_part_of_japanese_and_korean_text_finds_it(joe, hallway, part):
    say(joe, hallway, "メッセージを検索できます 한국어로")
    say(joe, hallway, "外国")
    assert len(found(joe, part)) == 1


def test_case_accents_and_width_make_no_difference(joe, hallway):
    say(joe, hallway, "Ｃafé STRASSE")
    assert found(joe, "cafe") == found(joe, "CAFÉ straße") == ["Ｃafé STRASSE"]


def test_filters_narrow_a_search(joe, maya, hallway, kitchen):
    say(joe, hallway, "tea https://example.org")
    say(maya, hallway, "tea in the hall")
    say(joe, kitchen, "tea in the kitchen")
    assert found(joe, "tea from:Maya") == ["tea in the hall"]
    assert found(joe, "from:@maya") == ["tea in the hall"]
    assert found(joe, "tea from:me in:kitchen") == ["tea in the kitchen"]
    assert found(joe, "from:me from:maya in:Hallway") == [
        "tea in the hall",
        "tea https://example.org",
    ]
    assert found(joe, "has:link") == ["tea https://example.org"]
    assert found(joe, "tea", room=kitchen) == ["tea in the kitchen"]
    assert found(joe, "tea", author=maya.pk) == ["tea in the hall"]
    assert found(joe, "from:joe", author=maya.pk) == []
    assert found(joe, "tea from:nobody") == found(joe, "tea in:nowhere") == []


def test_days_narrow_a_search(joe, hallway):
    old = say(joe, hallway, "old tea")
    say(joe, hallway, "new tea")
    today = timezone.now().date()
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    assert found(joe, f"tea before:{today}") == ["old tea"]
    assert found(joe, f"after:{today}") == ["new tea"]
    assert found(joe, f"before:{today - timedelta(days=3)}") == []
    assert found(joe, f"after:{today - timedelta(days=9)}") == ["new tea", "old tea"]
    assert found(joe, "tea after:9999-12-31") == found(joe, "tea before:0001-01-01") == []


def test_what_lies_in_a_room_one_may_not_read_is_not_found(zoe, joe, maya, hallway, kitchen):
    say(joe, kitchen, "the secret recipe")
    assert found(joe, "recipe") == found(maya, "recipe") == ["the secret recipe"]
    for query in ("recipe", "from:joe", "in:kitchen recipe", "in:kitchen", "before:2999-01-01"):
        assert found(zoe, query) == []
        assert not search(zoe, query, limit=1).has_more
    kitchen.memberships.filter(author=joe).delete()
    assert found(joe, "recipe") == []


def test_a_room_that_opens_or_closes_takes_its_messages_along(zoe, joe, maya, kitchen):
    say(joe, kitchen, "0 recipe 10 12")
    change_room(maya, kitchen, kind=Room.Kind.OPEN)
    assert found(zoe, "recipe 12") == found(joe, "in:kitchen 0") == ["0 recipe 10 12"]
    change_room(maya, kitchen, kind=Room.Kind.PRIVATE)
    assert found(zoe, "recipe") == []
    assert found(joe, "0 10") == found(joe, "from:me in:kitchen") == ["0 recipe 10 12"]


def test_the_index_is_asked_for_nothing_one_may_not_read(zoe, joe, kitchen, monkeypatch):
    asked: list[str] = []

    def newest(reader, matching, *_):
        # The same question in the words of either database.
        asked.append(matching.values[0].replace("'", '"').replace(" | ", " OR ").replace(":*", "*"))
        return []

    monkeypatch.setattr("hallway.queries.search._newest", newest)
    found(zoe, "recipe")
    found(joe, "recipe")
    assert asked == ['("0xrecipe"*)', f'("0xrecipe"*) OR ("{kitchen.pk}x' + 'recipe"*)']


def test_edited_text_is_found_by_its_new_words_alone(joe, hallway):
    message = say(joe, hallway, "red apple")
    edit_message(joe, message, source="green apple https://example.org")
    assert found(joe, "red") == []
    assert found(joe, "green") == found(joe, "has:link") == ["green apple https://example.org"]


def test_deleted_and_removed_text_is_not_found(joe, hallway):
    delete_message(joe, say(joe, hallway, "one apple"))
    remove_message(say(joe, hallway, "two apple"))
    assert found(joe, "apple") == []
    assert not SearchEntry.objects.exists()


def test_a_search_costs_the_same_whatever_it_finds(joe, maya, hallway, count_queries):
    def search_all():
        search(joe, "tea from:maya after:2020-01-01", limit=50)

    for number in range(10):
        say(maya, hallway, f"tea {number}")
    ten = count_queries(search_all)
    for number in range(10):
        say(maya, hallway, f"tea {number}")
    assert count_queries(search_all) == ten <= 5


def test_many_private_rooms_are_searched_at_once(joe, hallway):
    rooms = [Room(slug=f"r{number}", name="R", kind=Room.Kind.PRIVATE) for number in range(400)]
    rooms = Room.objects.bulk_create(rooms)
    for room in rooms:
        room.memberships.create(author=joe)
    say(joe, rooms[-1], "a needle")
    assert found(joe, "a needle from:me") == ["a needle"]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "a OR",
        "NOT",
        "*",
        'a"b"c',
        "(((",
        "a:b:c",
        "col:x",
        "'; --",
        "%_",
        "\ud800",
        "NEAR(",
        "^a",
    ],
)
def test_any_query_has_an_answer_or_is_refused(joe, hallway, query):
    say(joe, hallway, "something else")
    with suppress(InvalidSearch):
        assert found(joe, query) == []


def test_a_search_by_somebody_who_left_finds_their_messages(joe, zoe, hallway):
    say(joe, hallway, "my last words")
    Author.objects.filter(pk=joe.pk).update(left_at=timezone.now())
    assert found(zoe, "from:joe") == ["my last words"]


CORPUS = (
    "the quick brown fox",
    "brown and quick, and the fox is away",
    "ha " * 400 + "finally",
    "我们讨论设计方案和搜索",
    "設計 方案",
    "メッセージを検索できます 한국어로",
    "ภาษาไทย ไม่มีช่องว่าง",
    "हिन्दी में लिखा",
    "Ｃafé STRASSE naïve",
    "it's don't o'clock 100% a_b 'quoted' \\ back & | ! <-> :*",
    "see https://example.org/a-b?c=d",
    "🎉🎉 party 🎉",
    "x" * 300,
)
QUESTIONS = (
    "quick",
    "qui",
    "qui bro",
    "कहीं",
    "हिन्",
    "par has:link",
    "exam",
    "x" * 50,
    "brown quick",
    '"quick brown"',
    '"ha finally"',
    '"ha ha ha finally"',
    "设",
    "方案",
    "检索",
    "検索",
    "국어",
    "ไทย",
    "हिन्दी",
    "cafe strasse",
    "it's",
    "o'clock",
    "100%",
    "a_b",
    "'quoted'",
    "& | !",
    "<-> :*",
    "\\",
    "has:link",
    "example has:link",
    "🎉",
    "🎉🎉",
    "x" * 100,
    "x" * 99,
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_corpus_is_found_as_if_every_message_were_read(joe, hallway, kitchen, question):
    """Whatever database it is, its index answers as a look at every message would."""
    posted = [say(joe, room, source) for source in CORPUS for room in (hallway, kitchen)]
    try:
        wanted = text.read_search(question)
    except InvalidSearch:
        return
    right = [
        message.content
        for message in reversed(posted)
        if all(stands_in(phrase, text.words(message.content)) for phrase in wanted.phrases)
        and all(begins_in(word, text.words(message.content)) for word in wanted.beginnings)
        and (not wanted.has_link or text.has_link(message.html))
    ]
    assert [hit.message.content for hit in search(joe, question, limit=99).hits] == right


def begins_in(beginning, words):
    return any(word.startswith(beginning) for word in words)


def stands_in(phrase, words):
    return any(tuple(words[start : start + len(phrase)]) == phrase for start in range(len(words)))
