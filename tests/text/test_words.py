"""What a text is found by."""

import pytest

from hallway.errors import InvalidSearch
from hallway.text import excerpt, has_link, read_search, render, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello, World", ["hello", "world"]),
        ("snake_case v1.2 C++", ["snake", "case", "v1", "2", "c"]),
        ("Café Straße ЁЛКА", ["cafe", "strasse", "елка"]),
        ("ｆｕｌｌ ﬁne ①", ["full", "fine", "1"]),
        ("cafe\u0301 so\u00adft", ["cafe", "soft"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("我用iPhone", ["我", "用", "iphone"]),
        ("カﾞが", ["ガ", "が"]),
        ("한국어", ["한", "국", "어"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("ok 👍🏽!", ["ok", "👍"]),
        ("... \u200b", []),
    ],
)
def test_words_are_folded_and_characters_stand_alone_where_no_spaces_are(text, found):
    assert words(text) == found


def test_a_query_is_words_phrases_and_filters():
    wanted = read_search('deploy "on friday" foo-bar from:Maya in:"The Kitchen" has:link')
    assert wanted.phrases == (("on", "friday"), ("foo", "bar"))
    assert wanted.beginnings == ("deploy",)
    assert (wanted.authors, wanted.rooms, wanted.has_link) == (("Maya",), ("The Kitchen",), True)


def test_days_are_from_the_first_up_to_before_the_last():
    wanted = read_search("after:2026-01-02 before:2026-3-4")
    assert (str(wanted.since), str(wanted.until)) == ("2026-01-02", "2026-03-04")


@pytest.mark.parametrize("query", ["", "  ", "+++ ***", '""', 'from:""', "x" * 301])
def test_a_query_that_asks_nothing_is_refused(query):
    with pytest.raises(InvalidSearch):
        read_search(query)


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-13-01", "2026-02-30", "0000-01-01", "²⁰²⁶-01-01"]
)
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(InvalidSearch):
        read_search(f"before:{day}")


@pytest.mark.parametrize(
    "query",
    ['a" OR b', "NEAR(a b, 5)", "words:a", "a* ^b", "{a} -b", "has:cake", "a AND NOT b", "\x00a"],
)
def test_what_other_search_boxes_act_on_is_text_here(query):
    assert read_search(query).phrases


def marked(source, *phrases):
    found = excerpt(render(source).html, [tuple(words(phrase)) for phrase in phrases])
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in found)


def test_an_excerpt_marks_what_was_found():
    assert marked("a **Café** & tea", "cafe") == "a [Café] & tea"
    assert marked("我们讨论设计方案", "设计", "讨论") == "我们[讨论设计]方案"
    assert marked("one\n\ntwo <b>", "one two") == "[one two] <b>"
    assert marked("nothing here", "else") == "nothing here"


def test_an_excerpt_of_a_long_message_lies_around_the_first_mark():
    found = marked("before " * 100 + "needle" + " after" * 100, "needle")
    assert found.startswith("…before ")
    assert found.endswith("…")
    assert "[needle]" in found
    assert len(found) < 200


def test_a_link_is_one_that_leads_out_of_here():
    assert has_link(render("see https://example.org").html)
    assert not has_link(render("see example").html)
