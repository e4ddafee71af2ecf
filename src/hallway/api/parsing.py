"""Request bodies: JSON, or a form with the same fields."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from hallway.errors import InvalidBody, UnsupportedMediaType

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class JsonOrForm(Parser):
    def parse_body(self, request: HttpRequest) -> DictStrAny:
        content_type = request.content_type or ""
        if content_type in FORMS:
            return dict(request.POST.items())
        if content_type != "application/json" and not content_type.endswith("+json"):
            raise UnsupportedMediaType
        try:
            # Decoded here, because `json` would guess at UTF-16 and UTF-32 too.
            body: Any = json.loads(request.body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise InvalidBody from error
        if not isinstance(body, dict):
            raise InvalidBody
        return body


def _refuse(constant: str) -> None:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(constant)
