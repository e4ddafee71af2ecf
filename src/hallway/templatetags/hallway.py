"""What the templates need beyond Django's own tags."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath
from secrets import token_hex
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.signals import setting_changed
from django.db.models import Model
from django.http import HttpRequest
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from js_asset import ImportMap

from hallway import text
from hallway.actions import objects
from hallway.errors import RoomNotFound
from hallway.events.shapes import iso
from hallway.identity import author_of
from hallway.kept import Kept
from hallway.models import Author, Room
from hallway.queries.directory import room_for

register = template.Library()

HUES = 12
STATIC = Path(__file__).parent.parent / "static"
# Bare names in `import` statements. Our own modules import each other by relative path.
LIBRARIES = {
    "alpinejs": "hallway/vendor/alpinejs/alpine.js",
    "eventsource-parser": "hallway/vendor/eventsource-parser/index.js",
}
IMPORT = re.compile(
    r"""^(?:import|export)\s(?:[^"';=()]*\sfrom\s)?\s*["']([^"']+)["']""", re.MULTILINE
)
# A module that is loaded when it is first wanted.
IMPORT_LATER = re.compile(r"""\bimport\(\s*["']([^"']+)["']\s*\)""")
LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
NONCE = "NONCE-OF-THE-ANSWER"
# In the place of a token that is put in later. Nobody can know it, so nobody's text holds it.
CSRF_TOKEN = token_hex(16)
# Set by js/components/me.js.
THEME_COOKIE, THEMES = "hallway_theme", ("dark", "light")
# Characters of drawn pieces of pages kept: a thousand of the largest.
MOST_DRAWN = 10_000_000


@register.filter
def initials(name: str) -> str:
    """First letters of the first and the last word; `js/lib/row.js` does the same."""
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


@register.filter
def hue(author_id: int | str) -> int | str:
    """The number of an author's colour, see css/avatar.css; blank for nobody."""
    return int(author_id) % HUES if author_id else ""


@register.filter
def utc_iso(moment: datetime | str) -> str:
    """A moment as the API writes it; blank for none."""
    return iso(moment) if isinstance(moment, datetime) else ""


@register.filter
def beginning(html: str | None) -> str:
    """How a rendered message begins, for a quote of it."""
    return text.beginning(html or "")


@register.filter
def prose(source: str) -> SafeString:
    """Markdown of our own, such as the API's descriptions, whose lines break anywhere."""
    return mark_safe(text.render(LINE_BREAK.sub(" ", source)).html)  # noqa: S308  rendered safe


@register.simple_tag
def fragment(name: str, **values: Any) -> SafeString:
    """A fragment without the line end that its file has: the page's script puts in none either."""
    return mark_safe(render_to_string(f"hallway/_fragments/{name}", values).strip())  # noqa: S308


@register.simple_tag
def csrf_header() -> str:
    """The header in which this project wants its CSRF token: `X-CSRFTOKEN`, unless it says so."""
    return settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")


@register.simple_tag(takes_context=True)
def hallway_room(context: Context, about: Any) -> SafeString:
    """The room of an object of yours, or a room of ours by its slug, as a part of this page.

    Nothing for whom it is not: `{% hallway_room order as chat %}{% if chat %} … {{ chat }}`.
    """
    author = author_of(context["request"])
    room = None if author is None else _room_for(author, about)
    if room is None:
        return mark_safe("")
    return render_to_string("hallway/_fragments/frame.html", {"room": room})


def _room_for(author: Author, about: Any) -> Room | None:
    """An object's room is entered here; one of ours is only looked at."""
    if isinstance(about, Model) and not isinstance(about, Room):
        return objects.enter(author, about)
    try:
        return room_for(author, about.slug if isinstance(about, Room) else str(about))
    except RoomNotFound:
        return None


@register.filter
def theme(request: HttpRequest | str) -> str:
    """What this browser has chosen; blank for what its system has, and where there is none."""
    chosen = getattr(request, "COOKIES", {}).get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


@register.tag
def kept(parser: Parser, token: Token) -> "KeptNode":
    """`{% kept room.name %} … {% endkept %}`: drawn once for each language and each value named.

    For what is the same on many pages. Nothing inside may depend on anything else: no nonce, no
    name but those in the tag. A CSRF token may be inside; every page is given its own.
    """
    _, *words = token.split_contents()
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodes, [parser.compile_filter(word) for word in words])


class KeptNode(template.Node):
    def __init__(self, nodelist: template.NodeList, values: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self._values = values

    def render(self, context: Context) -> SafeString:
        key = (self, get_language(), *[value.resolve(context) for value in self._values])
        drawn = _drawn.get(key)
        if drawn is None:
            with context.push(csrf_token=CSRF_TOKEN):
                html = self.nodelist.render(context)
            drawn = _drawn.keep(key, tuple(html.split(CSRF_TOKEN)), size=len(html))
        pieces = drawn if len(drawn) == 1 else [str(context.get("csrf_token", "")).join(drawn)]
        return mark_safe(pieces[0])  # noqa: S308  drawn by templates


@register.simple_tag(takes_context=True)
def hallway_script(context: Context, entry: str) -> SafeString:
    """`js/<entry>` as a module, with its import map and a preload for each it begins with."""
    nonce = escape(_nonce_of(context.get("request")))
    return mark_safe(_script(f"hallway/js/{entry}").replace(NONCE, nonce))  # noqa: S308


def _nonce_of(request: Any) -> str:
    """The nonce of django-csp, or of Django's own policy (6.0 and later); blank without either.

    Both are put into the policy only once they were asked for as text, and false until then.
    """
    for name in ("csp_nonce", "_csp_nonce"):
        if hasattr(request, name):
            return str(getattr(request, name))
    return ""


@cache
def _script(entry: str) -> str:
    first = _reached_from(entry, IMPORT)
    modules = _reached_from(entry, IMPORT, IMPORT_LATER)
    # A relative import asks for the plain address; where static files carry a hash in their name,
    # the map leads it to the hashed one, and the sources stay as they are.
    plain = {_plain_url(path): path for path in modules}
    libraries = {name: path for name, path in LIBRARIES.items() if path in modules}
    import_map = ImportMap(plain | libraries)
    return format_html(
        '{}\n{}\n<script type="module" nonce="{}" src="{}"></script>',
        import_map.render(attrs={"nonce": NONCE}),
        format_html_join(
            "\n",
            '<link rel="modulepreload" nonce="{}" href="{}">',
            ((NONCE, staticfiles_storage.url(path)) for path in first if path != entry),
        ),
        NONCE,
        staticfiles_storage.url(entry),
    )


def _reached_from(entry: str, *imports: re.Pattern[str]) -> list[str]:
    """The modules that these kinds of import lead to, the entry first."""
    found: dict[str, None] = {}

    def follow(path: str) -> None:
        if path in found:
            return
        found[path] = None
        source = (STATIC / path).read_text()
        for name in (name for kind in imports for name in kind.findall(source)):
            follow(LIBRARIES.get(name) or normpath(join(dirname(path), name)))

    follow(entry)
    return list(found)


def _plain_url(path: str) -> str:
    return f"{settings.STATIC_URL}{path}"


_drawn: Kept[tuple[str, ...]] = Kept(most=MOST_DRAWN)


def _forget(**_: Any) -> None:
    _script.cache_clear()
    _drawn.clear()


setting_changed.connect(_forget)
