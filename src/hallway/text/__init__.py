"""What people write, made safe to keep and to show: pure functions that know no models.

Markdown becomes HTML here, once, when a message is written; whoever shows it trusts what is stored.
"""

from .body import Body, render
from .emoji import clean_emoji
from .entries import fts5_query, has_link, phrase_patterns, search_words, ts_query
from .excerpts import Excerpt, Part, beginning, excerpt
from .mentions import Mentionable, candidates
from .names import clean_line, clean_name, name_key, random_name
from .source import clean_source
from .wanted import Wanted, read_search
from .words import pieces, words

__all__ = [
    "Body",
    "Excerpt",
    "Mentionable",
    "Part",
    "Wanted",
    "beginning",
    "candidates",
    "clean_emoji",
    "clean_line",
    "clean_name",
    "clean_source",
    "excerpt",
    "fts5_query",
    "has_link",
    "name_key",
    "phrase_patterns",
    "pieces",
    "random_name",
    "read_search",
    "render",
    "search_words",
    "ts_query",
    "words",
]
