from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hallway.problems import CONTENT_TYPE

SHAPE = {"type", "title", "status", "detail", "code"}


@pytest.fixture
def is_problem() -> Callable[..., None]:
    """Check that an answer has the one shape of every error."""

    def check(answer: Any, status: int, code: str) -> None:
        assert answer.status_code == status, answer.content
        assert answer.headers["Content-Type"] == CONTENT_TYPE
        document = answer.json()
        assert set(document) == SHAPE
        assert document["status"] == status
        assert document["code"] == code
        assert document["title"]
        assert document["detail"]

    return check


@pytest.fixture
def joes(browser_of, joe) -> Client:
    client: Client = browser_of(joe)
    return client


@pytest.fixture
def zoes(browser_of, zoe) -> Client:
    client: Client = browser_of(zoe)
    return client


@pytest.fixture
def mayas(browser_of, maya) -> Client:
    client: Client = browser_of(maya)
    return client
