"""What a message looks like."""

import random

import pytest

from hallway.text import render
from hallway.text.body import _is_plain_line, _render_markdown

LINK = ' target="_blank" rel="noopener noreferrer nofollow"'


def link(address: str, text: str = "") -> str:
    return f'<a href="{address}"{LINK}>{text or address}</a>'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("hello", "<p>hello</p>"),
        ("**bold** _leaning_ ~~gone~~ `code`",
         "<p><strong>bold</strong> <em>leaning</em> <s>gone</s> <code>code</code></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ('<b>&amp; "x"</b>', '<p>&lt;b&gt;&amp;amp; "x"&lt;/b&gt;</p>'),
    ],
)  # fmt: skip
def test_everyday_markdown(source, html):
    assert render(source).html == html


def test_a_heading_is_bold_and_no_part_of_the_outline_of_the_page():
    assert render("## Plan\nfirst").html == "<p><strong>Plan</strong></p>\n<p>first</p>"


def test_a_line_under_a_text_makes_no_heading():
    assert render("Hello\n---\nyou").html == "<p>Hello</p>\n<hr>\n<p>you</p>"


def test_an_answer_right_under_a_quote_is_not_part_of_it():
    html = render("> shall we?\nyes").html
    assert html == "<blockquote>\n<p>shall we?</p>\n</blockquote>\n<p>yes</p>"


def test_a_line_right_under_a_list_is_not_part_of_it():
    assert render("- a\n- b\nthat is all").html.endswith("</ul>\n<p>that is all</p>")
    assert render("- a\n  more of a").html == "<ul>\n<li>a<br>\nmore of a</li>\n</ul>"


def test_a_table_keeps_its_alignment_without_inline_styles():
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|").html
    assert '<tr>\n<th>a</th>\n<th class="center">b</th>\n<th class="right">c</th>' in html
    assert '<td>1</td>\n<td class="center">2</td>\n<td class="right">3</td>' in html
    assert render("|a|\n|-|\n|1|\nafter").plain == "a\n1\nafter"


def test_a_picture_is_a_link_to_it():
    address = "https://example.com/cat.png"
    assert render(f"![a cat]({address})").html == f"<p>{link(address, 'a cat')}</p>"
    assert render(f"![]({address})").html == f"<p>{link(address)}</p>"
    assert render(f"[![cat]({address})](https://a.com)").html == (
        f"<p>{link('https://a.com', 'cat')}</p>"
    )


@pytest.mark.parametrize(
    "source",
    [
        "@@0.12.1234567@@", "snake_case_name", "12:30:45", "std::vector", "a:b_c:d", "2 * 3 * 4",
        "C:\\Users\\maya", "¯\\_(ツ)_/¯", "-", "+", "#", "1.", "---", "***", "[x]", "+1", "-5",
        "#hashtag", "5) ", "…", "e.g. this", "q:=p", "~/.bashrc", "50% of $100", "a|b", "x^2",
        "//comment", "manage.py", "README.md", "run.sh", "main.rs", "done.so what", "@maya", "'s",
    ],
)  # fmt: skip
def test_text_that_is_no_markdown_survives_unchanged(source):
    body = render(source)
    assert body.html == f"<p>{source.strip()}</p>"
    assert body.plain == source.strip()


@pytest.mark.parametrize(
    "source",
    ["[a]: https://example.com", "&lt;", "&copy;", "<br>", "<!-- hidden -->", ">" * 30 + " deep",
     "before\n" + "> " * 40 + "deep", "[](x)", "```", "```\n```", "> ", "- \n- "],
)  # fmt: skip
def test_nothing_typed_disappears(source):
    letters = "".join(source.split())
    assert "".join(render(source).plain.split()) == letters


def test_a_link_to_nowhere_stays_text():
    assert render("[x]() ![y]() []()").html == "<p>[x]() ![y]() []()</p>"
    assert render("[x](https:/a) ![](http:)").html == "<p>[x](https:/a) ![](http:)</p>"


@pytest.mark.parametrize(
    ("source", "address", "after"),
    [
        ("https://example.com/a", "https://example.com/a", ""),
        ("https://example.com/a.", "https://example.com/a", "."),
        ("https://example.com/a, b", "https://example.com/a", ", b"),
        ("https://example.com/a_b_c", "https://example.com/a_b_c", ""),
        ("https://example.com/a(b)", "https://example.com/a(b)", ""),
        ("https://example.com:8000/?q=1#x", "https://example.com:8000/?q=1#x", ""),
        ("http://localhost:8000/", "http://localhost:8000/", ""),
        ("https://example.com/a，中文", "https://example.com/a", "，中文"),
        ("https://example.com/a。", "https://example.com/a", "。"),
        ("https://example.com/a！？", "https://example.com/a", "！？"),
        ("https://example.com/a；b：c、d", "https://example.com/a", "；b：c、d"),
        ("https://example.com/a）", "https://example.com/a", "）"),
        ("https://example.com/a》」』】", "https://example.com/a", "》」』】"),
        ("https://example.com/a（见附录）", "https://example.com/a", "（见附录）"),
        ("https://example.com吧", "https://example.com", "吧"),
    ],
)
def test_where_a_link_ends(source, address, after):
    assert render(source).html == f"<p>{link(address)}{after}</p>"
    assert render("看" + source).html == f"<p>看{link(address)}{after}</p>"


def test_addresses_without_a_scheme_become_links_where_they_cannot_be_file_names():
    assert render("see www.example.com").html == (
        f"<p>see {link('http://www.example.com', 'www.example.com')}</p>"
    )
    assert render("see example.com/x").html == (
        f"<p>see {link('http://example.com/x', 'example.com/x')}</p>"
    )
    assert render("maya@example.com").html == (
        f"<p>{link('mailto:maya@example.com', 'maya@example.com')}</p>"
    )


def test_an_encoded_address_is_shown_readable_but_nothing_invisible_comes_out_of_it():
    chinese = render("https://example.com/%E4%B8%AD%E6%96%87").html
    assert ">https://example.com/中文</a>" in chinese
    for hidden in ("%E2%80%AE", "%E2%80%8B", "%FF", "%0A", "%20", "%3C", "%2F"):
        assert (
            f">https://example.com/a{hidden}b</a>" in render(f"https://example.com/a{hidden}b").html
        )


def test_code_has_colours_if_its_language_is_known():
    html = render("```python\ndef f(): pass\n```").html
    assert html.startswith('<pre class="highlight"><code class="language-python"><span class="k">')
    for fence in ("```\n", "```klingon\n", "``` x y\n"):
        assert render(f"{fence}def f(): pass\n```").html == (
            '<pre class="highlight"><code>def f(): pass\n</code></pre>'
        )


def test_code_keeps_every_blank():
    code = "  if x:\n\n\ty = '<b>'  \n\n    done\n"
    for language in ("python", "text", "yaml", "diff", "html"):
        assert render(f"```{language}\n{code}```").plain == code.strip()


def test_very_long_code_keeps_its_letters_and_loses_its_colours():
    html = render("```python\n" + "x = 1\n" * 4000 + "```").html
    assert "<span" not in html
    assert html.count("x = 1") == 4000


@pytest.mark.parametrize(
    "source",
    ["👍", "👍🏽", "❤️", "❤", "🎉🎉🎉", "👨‍👩‍👧‍👦", "🇨🇳", "🇨🇳 🇩🇪", "1️⃣", "*️⃣", "*️⃣*️⃣", "#️⃣",
     "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "☝🏽",
     "👁️‍🗨️", "🧑🏽‍❤️‍💋‍🧑🏻", "😀 😀\n😀", " 👍 ", "👍" * 8, "🫠", "🫩", "⌚", "©️"],
)  # fmt: skip
def test_a_few_emoji_alone_are_drawn_large(source):
    body = render(source)
    assert body.is_emoji_only
    assert body.plain == source.strip()


@pytest.mark.parametrize(
    "source",
    ["", "1", "123", "#", "*", "👍 ok", "ok 👍", "👍" * 9, "©", "→", "你", "a", "‍", "️", "🇨",
     "👍" + "‍👍" * 100, "-", ":)", "✓", "👍.", "**👍**", "`👍`"],
)  # fmt: skip
def test_anything_else_is_not(source):
    assert not render(source).is_emoji_only


def test_the_plain_text_has_the_words_alone():
    source = "# Plan\n**one** [two](https://a.com)\n- three\n```py\nfour = 4\n```\n> five ![](https://b.com)"
    assert render(source).plain == "Plan\none two\nthree\nfour = 4\nfive https://b.com"


def test_the_short_way_gives_the_same_html_as_the_long_one():
    dice = random.Random(4)
    taken = 0
    for _ in range(20_000):
        line = "".join(dice.choices(ATOMS, k=dice.randint(1, 9)))
        if _is_plain_line(line):
            taken += 1
            short, long = render(line), _render_markdown(line)
            assert (short.html, short.plain) == (long.html, long.plain), line
    assert taken > 5000


def test_everyday_sentences_go_the_short_way():
    for line in EVERYDAY:
        assert _is_plain_line(line), line
        assert render(line).html == _render_markdown(line).html


ATOMS = [
    *"abcXYZ0123456789 .,:;!?()[]{}<>&'\"#+-=|~@/%$^é你，。！😀\u00a0\u3000\u2028\u200d\u0301\ufe0f"
    "\ufffe\u202e_*`\\\x0c\x1c\u00ad\ufdd0",
    "www", "www.", ".com", "com", ".рф", "localhost", "://", "//", "http", "https:", "mailto:",
    "a@b", "@maya", " - ", "1.", "2)", "...", "&amp;", "&#60;", "&nbsp;", "<3", "</", "<a", "<!--",
    "e.g.", "x.y", "3.14", ".com吧", ".COM", ".co.uk", "ｗｗｗ.", "\u212a.com", "xn--", ".xn--p1ai",
    "::", "->", "👨‍👩‍👧",
]  # fmt: skip
EVERYDAY = [
    "Good morning!", "Shall we meet at 10:30?", "I'm in; see you there (I hope).", "lol", "<3",
    "明天下午见，可以吗？", "Так и сделаем.", "صباح الخير", "नमस्ते", "e.g. tomorrow...",
    "@maya look",
    "it is in main.py, line 40", "100% & more", "It costs $5 - not €6", "a -> b", "x == y",
    "what?!",
]  # fmt: skip
