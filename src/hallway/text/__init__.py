"""What people write, made safe to keep and to show: pure functions that know no models.

Markdown becomes HTML here, once, when a message is written; whoever shows it trusts what is stored.
"""

from .body import Body, render
from .names import clean_line, clean_name, name_key, random_name
from .source import clean_source

__all__ = [
    "Body",
    "clean_line",
    "clean_name",
    "clean_source",
    "name_key",
    "random_name",
    "render",
]
