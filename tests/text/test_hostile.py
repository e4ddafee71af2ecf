"""Nothing that people write becomes more than text, and nothing takes long."""

import random
import time

import pytest

from hallway.errors import HallwayError, InvalidName
from hallway.text import clean_name, clean_source, render
from tests.corpus import xss
from tests.text.allowlist import strangers

WRAPPINGS = [
    "{}",
    "> {}",
    "- {}",
    "**{}**",
    "[{}](https://example.com)",
    "`{}",
    "# {}",
    "|{}|\n|-|",
]


def test_the_corpus_is_as_large_as_promised():
    assert len(set(xss())) >= 250


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nothing_outside_the_allow_list_comes_out(wrapping):
    for source in xss():
        html = render(wrapping.format(source)).html
        assert strangers(html) == [], source


def test_two_hostile_texts_do_not_help_each_other():
    dice = random.Random(1)
    corpus = xss()
    for _ in range(1500):
        source = dice.choice(["", " ", "\n", "\n\n"]).join(dice.sample(corpus, 2))
        assert strangers(render(source).html) == [], source


def test_bits_of_markdown_in_any_order_stay_inside_the_allow_list():
    dice = random.Random(2)
    bits = [*"[]()<>!*_`~#|\\:/@\"'&;=\n\t -.1a", "](", "![", "http://a.example", "javascript:"]
    bits += ["<a ", "href=", "onclick=", "```", "\n    ", "\n> ", "\n- ", "&#58;", "mailto:a@b.c"]
    for _ in range(3000):
        source = "".join(dice.choices(bits, k=dice.randint(1, 30)))
        assert strangers(render(source).html) == [], source


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a.com",
     "//a.com", "/leave/", "#top", "tel:1", "http:", "http:///x", "mailto:", "ws://a.com"],
)  # fmt: skip
def test_no_link_leads_to(address):
    for source in (f"[x]({address})", f"![x]({address})", f"<{address}>", address):
        assert "<a" not in render(source).html


def test_hostile_names_are_kept_as_text_or_refused():
    for source in xss():
        try:
            name = clean_name(source)
        except InvalidName:
            continue
        # Names are escaped by the templates; here nothing may hide in them.
        assert name.isprintable()
        assert len(name) <= 50


def test_no_text_makes_rendering_fail():
    dice = random.Random(3)
    for _ in range(3000):
        source = "".join(chr(dice.choice(_PLANES)(dice)) for _ in range(dice.randint(0, 25)))
        body = render(source)
        assert strangers(body.html) == []
        body.html.encode()
        body.plain.encode()


_PLANES = [
    lambda dice: dice.randrange(0x80),
    lambda dice: dice.randrange(0x80),
    lambda dice: dice.randrange(0x250),
    lambda dice: dice.randrange(0x2000, 0x2100),
    lambda dice: dice.randrange(0xD700, 0x10000),
    lambda dice: dice.randrange(0x110000),
]

# What costs markdown-it, linkify-it and table most, found by trying every sign and every pair.
UNITS = [
    *"[]*(>`_|<!~-#:&\\\n", "![", "](", "[a](", "[](", "[_", "[*", "[~~", "*_", "a**b", "`a", "|\n",
    "|a|\n|-|\n", "a|b\n-|-\n", "> ", "- ", "- a\n", "1. ", "a\n", "<a", "<!--", "://", "a://",
    "http://", "http://a/(", "http://a/[", "[http://a/", "http://xn--a.", "a@", "a.com ",
    "a@b.com ", "\\[", "~~a", "👍\u200d", "a\u0301", "https://a.com，", "@@0.12.1234567@@",
    *(pattern.replace("x", sign) for sign in "$+=^`|" for pattern in ("xwww.", "xa.", "a.comx")),
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_eight_thousand_characters_take_less_than_a_second(unit):
    assert _seconds(unit * (8000 // len(unit))) < 1
    # Beside an address the whole text is searched for others.
    assert _seconds(unit * (7900 // len(unit)) + " www.example.com") < 1


def test_an_address_with_many_parameters_is_a_link():
    address = "https://example.com/?" + "&".join(f"p{number}={number}" for number in range(100))
    assert f'href="{address.replace("&", "&amp;")}"' in render(address).html


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ("(", ")"), ("[a](", ")"), ("*", "*")]
)
def test_deep_nesting_takes_less_than_a_second(opening, closing):
    depth = 8000 // len(opening + closing)
    assert _seconds(opening * depth + closing * depth) < 1


@pytest.mark.parametrize("language", ["c", "cpp", "csharp", "java", "make", "ini", "html", "diff"])
@pytest.mark.parametrize("filling", [" ", "\n", " \n", "a b ", "a\n", "a<", "=", "(", '\\"', "/"])
def test_colours_take_less_than_a_second(language, filling):
    # Without limits some of these take fifteen seconds.
    code = "x" + filling * (7900 // len(filling))
    assert _seconds(f"```{language}\n{code}\n```") < 1


@pytest.mark.parametrize(
    "source",
    [
        "a.com " * 1300,
        "<a@b.c>" * 1100,
        "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n" + "|\n" * 1000,
        "a|" * 20 + "\n" + "-|" * 20 + "\n" + "|\n" * 3900,
        "```c\n" + "+1" * 200 + "\n```",
        "```c\n" + ("+1" * 200 + "\n") * 19 + "```",
        "- " * 4000,
        ">" * 8000,
    ],
)
def test_html_grows_with_its_source_and_no_faster(source):
    assert len(render(source).html) <= 20 * len(source) + 1000


def test_a_message_longer_than_the_limit_is_refused_before_it_costs_anything():
    begin = time.thread_time()
    with pytest.raises(HallwayError):
        clean_source("[" * 1_000_000, limit=8000)
    assert time.thread_time() - begin < 0.5


def _seconds(source: str) -> float:
    # The thread's own time, so that a busy machine fails nothing.
    begin = time.thread_time()
    render(source)
    return time.thread_time() - begin
