"""A host's mistakes are told at start-up, each with its id and what to do."""

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import override_settings

from hallway import conf


def told() -> dict[str, tuple[str, str]]:
    return {found.id or "": (found.msg, found.hint or "") for found in run_checks(tags=["hallway"])}


@pytest.fixture(autouse=True)
def _as_given():
    yield
    conf.get.cache_clear()


def test_a_project_that_sets_nothing_is_right():
    with override_settings(HALLWAY={}):
        assert told() == {}
        assert conf.get() == conf.Settings()


def test_every_mistake_is_told_at_once():
    wrong = {"MESSAGE_LIMITS": 5, "GUESTS": "no", "PAGE_SIZE": 0, "POST_RATE": True}
    with override_settings(HALLWAY=wrong):
        found = run_checks(tags=["hallway"])
    assert sorted(str(fault.id) for fault in found) == [
        "hallway.E001",
        "hallway.E002",
        "hallway.E002",
        "hallway.E003",
    ]
    assert all(fault.hint for fault in found)
    assert "'MESSAGE_LIMIT'" in str(found[0].hint)


def test_a_setting_that_is_no_dictionary_is_told():
    with override_settings(HALLWAY=["GUESTS"]):
        assert "expected a dictionary" in told()["hallway.E004"][0]


def test_who_asks_for_a_wrong_setting_gets_the_sentence():
    sentence = r"'GUEST'.*Did you mean 'GUESTS'"
    with (
        override_settings(HALLWAY={"GUEST": False}),
        pytest.raises(ImproperlyConfigured, match=sentence),
    ):
        conf.get()


@pytest.mark.parametrize("name", ["SECURE_CSP", "CONTENT_SECURITY_POLICY"])
def test_a_policy_without_a_nonce_is_told(name):
    policy = {"script-src": ["'self'"]}
    value = {"DIRECTIVES": policy} if name == "CONTENT_SECURITY_POLICY" else policy
    with override_settings(**{name: value}):
        assert name in told()["hallway.W002"][0]
    policy["script-src"].append("<CSP_NONCE_SENTINEL>")
    with override_settings(**{name: value}):
        assert "hallway.W002" not in told()


def test_sqlite_that_does_not_wait_its_turn_is_told(monkeypatch):
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}}
    monkeypatch.setattr(settings, "DATABASES", databases)
    assert "IMMEDIATE" in told()["hallway.W001"][0]


def test_a_model_that_is_none_is_told():
    for label in ("shop.Nothing", "nonsense"):
        with override_settings(HALLWAY={"OBJECTS": {label: "os.path.join"}}):
            text, hint = told()["hallway.E005"]
            assert label in text
            assert "INSTALLED_APPS" in hint


@pytest.mark.parametrize("path", ["shop.chat.nothing", "os.path.sep", "nonsense"])
def test_what_cannot_be_called_is_told(path):
    with override_settings(
        HALLWAY={"OBJECTS": {"hallway.Room": path}, "CONSUMERS": {"receipts": path}}
    ):
        found = [one for one in run_checks(tags=["hallway"]) if one.id == "hallway.E006"]
    assert len(found) == 2
    assert all(path in one.msg and "full path" in str(one.hint) for one in found)


def test_what_is_there_and_can_be_called_is_right():
    named = {"OBJECTS": {"hallway.Room": "os.path.join"}, "CONSUMERS": {"one": "os.path.join"}}
    with override_settings(HALLWAY=named):
        assert told() == {}
