"""The API's contract, for reading."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hallway.api.site import api

from .page import Page

METHODS = ("get", "post", "put", "patch", "delete")


class DocsView(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        document: dict[str, Any] = api.get_openapi_schema()
        operations = [
            _operation(document, path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in METHODS
        ]
        context = {"api": document, "operations": operations}
        return render(request, "hallway/docs.html", context)


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> dict[str, Any]:
    """One call as the page tells it, with an example of its body."""
    return {
        "method": method.upper(),
        "path": path,
        "tag": operation.get("tags", [""])[0],
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", ())],
        "request_example": _example_body(document, operation.get("requestBody")),
        "responses": [
            {"status": status, "example": _example_body(document, response)}
            for status, response in operation["responses"].items()
            if not str(status).startswith(("4", "5"))
        ],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter.get("schema", {})
    kinds = [schema.get("type"), *(option.get("type") for option in schema.get("anyOf", ()))]
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "kind": next((kind for kind in kinds if kind), ""),
        "is_required": parameter.get("required", False),
        "description": parameter.get("description", ""),
    }


def _example_body(document: dict[str, Any], holder: dict[str, Any] | None) -> str:
    for content in (holder or {}).get("content", {}).values():
        example = _example(document, content.get("schema", {}))
        if isinstance(example, dict):
            return json.dumps(example, indent=2, ensure_ascii=False)
    return ""


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:  # noqa: C901, PLR0911
    """A value of this schema, as an example: one answer for each of JSON Schema's forms."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _example(document, document["components"]["schemas"][name])
    if "anyOf" in schema:
        return _example(document, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _example(document, part) for name, part in properties.items()}
        case "array":
            return [_example(document, schema["items"])]
        case "integer":
            return 12
        case "boolean":
            return False
        case "string" if schema.get("format") == "date-time":
            return "2026-11-22T19:08:37.123456Z"
        case "string":
            return schema.get("default") or "…"
    return None
