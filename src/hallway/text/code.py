"""Colours for code: Pygments' classes, so that style sheets decide and nothing is styled inline."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from itertools import groupby
from time import thread_time
from typing import Any

from pygments.lexers import find_lexer_class_by_name  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

# What may stand behind the three backticks, and the lexer it means. No guessing: that runs every
# lexer there is over a text somebody else chose.
LANGUAGES = {
    "bash": "bash",
    "c": "c",
    "c++": "cpp",
    "c#": "csharp",
    "clojure": "clojure",
    "cpp": "cpp",
    "cs": "csharp",
    "csharp": "csharp",
    "css": "css",
    "dart": "dart",
    "diff": "diff",
    "docker": "docker",
    "dockerfile": "docker",
    "elixir": "elixir",
    "erlang": "erlang",
    "go": "go",
    "golang": "go",
    "graphql": "graphql",
    "haskell": "haskell",
    "html": "html",
    "http": "http",
    "ini": "ini",
    "java": "java",
    "javascript": "javascript",
    "js": "javascript",
    "json": "json",
    "kotlin": "kotlin",
    "kt": "kotlin",
    "lisp": "common-lisp",
    "lua": "lua",
    "makefile": "make",
    "make": "make",
    "md": "markdown",
    "markdown": "markdown",
    "nginx": "nginx",
    "nix": "nix",
    "ocaml": "ocaml",
    "patch": "diff",
    "perl": "perl",
    "php": "php",
    "powershell": "powershell",
    "ps1": "powershell",
    "py": "python",
    "pycon": "pycon",
    "python": "python",
    "pytb": "pytb",
    "r": "r",
    "rb": "ruby",
    "rs": "rust",
    "ruby": "ruby",
    "rust": "rust",
    "scala": "scala",
    "scss": "scss",
    "sh": "bash",
    "shell": "bash",
    "sql": "sql",
    "svelte": "html",
    "swift": "swift",
    "toml": "toml",
    "ts": "typescript",
    "tsx": "tsx",
    "typescript": "typescript",
    "vue": "html",
    "xml": "xml",
    "yaml": "yaml",
    "yml": "yaml",
    "zig": "zig",
    "zsh": "bash",
}
# Colours cost time and bytes: longer code stays black and white.
LONGEST = 20_000
# The regular expressions of most lexers are quadratic somewhere: "x" and 8,000 blanks take the one
# for C ten seconds. No code looks like that; neither minified code nor data is worth colouring.
LONGEST_LINE = 500
_WIDE_GAP = re.compile(r"\s{100}")
# What is left is stopped by the clock, asked between two tokens; 8 KB of real code take 20 ms.
MOST_SECONDS = 0.2
# One span for every operator makes 8 KB of them 200 KB; real code grows about fivefold.
MOST_GROWTH = 12

# Not coloured by any common style sheet: names, punctuation, plain text, white space.
_COLOURLESS = {"", "n", "p", "w", "x"}
CLASSES = set(STANDARD_TYPES.values()) - _COLOURLESS


def draw(code: str, language: str) -> str:
    """The `<pre>` for a piece of code, coloured if its language is known."""
    lexer = LANGUAGES.get(language.lower())
    if lexer is None:
        return _pre(escape(code, quote=False))
    coloured = _colour(code, lexer) if _is_reasonable(code) else ""
    if len(coloured) > MOST_GROWTH * len(code) or not coloured:
        coloured = escape(code, quote=False)
    return _pre(coloured, f' class="language-{lexer}"')


def _pre(inside: str, attributes: str = "") -> str:
    return f'<pre class="highlight"><code{attributes}>{inside}</code></pre>\n'


def _is_reasonable(code: str) -> bool:
    return (
        len(code) <= LONGEST
        and _WIDE_GAP.search(code) is None
        and max(map(len, code.split("\n"))) <= LONGEST_LINE
    )


def _colour(code: str, name: str) -> str:
    """HTML of the code with its colours, or nothing if the lexer is still at it after its time."""
    # A lexer of its own for each call: some keep state while they work, and requests are threads.
    lexer = _lexer_class(name)(stripnl=False, ensurenl=False)
    try:
        return "".join(_spans(_in_time(lexer.get_tokens(code))))
    except TimeoutError:
        return ""


def _in_time(tokens: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    # The thread's own time: other requests must not make code lose its colours.
    end = thread_time() + MOST_SECONDS
    for token in tokens:
        if thread_time() > end:
            raise TimeoutError
        yield token


def _spans(tokens: Iterable[tuple[Any, str]]) -> Iterator[str]:
    for css, run in groupby(tokens, key=lambda token: _css(token[0])):
        text = escape("".join(value for _, value in run), quote=False)
        yield f'<span class="{css}">{text}</span>' if css else text


@cache
def _lexer_class(name: str) -> Any:
    return find_lexer_class_by_name(name)


@cache
def _css(kind: Any) -> str:
    """Pygments' short class for a kind of token, or for the nearest kind above it."""
    for above in reversed(kind.split()):
        if above in STANDARD_TYPES:
            css = STANDARD_TYPES[above]
            return "" if css in _COLOURLESS else css
    return ""
