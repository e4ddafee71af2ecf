"""Hallway in a project that began a minute ago, with the lines that the guide shows."""

import shutil

import pytest

from tests.host.project import HostServer, Project, added_lines, servers, start

MAKE_PEOPLE = """
from django.contrib.auth import get_user_model
for name in ("maya", "joe"):
    get_user_model().objects.create_superuser({}, password="correct horse")
"""
USERS = '''
import uuid
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class People(BaseUserManager):
    def create_superuser(self, email, password):
        user = self.model(email=email)
        user.set_password(password)
        user.save()
        return user

class User(AbstractBaseUser):
    """By e-mail and UUID; staff is nothing that has a column, and nobody has another name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    objects = People()
    USERNAME_FIELD = "email"

    is_staff = property(lambda self: True)
    def has_perm(self, perm, obj=None):
        return True
    def has_module_perms(self, app_label):
        return True
'''


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """As the guide leaves it: two people have an account."""
    project = Project(tmp_path_factory.mktemp("site") / "site")
    for name, code in added_lines():
        project.add(name, code)
    project.run("django", "migrate", "-v0")
    project.shell(MAKE_PEOPLE.format("name"))
    return project


@pytest.fixture
def serve():
    running: list[tuple[HostServer, str]] = []

    def serve(project, server):
        running.append((start(project, server), server))
        return running[-1][0]

    yield serve
    for server, _ in running:
        server.stop(codes=(0, -15, 143, 1), is_ours=False)


def they_chat(maya, joe):
    heard = joe.hear()
    assert maya.post("Is anybody *here*?").status_code == 201
    heard.wait_for("Is anybody *here*?")
    assert joe.post("I am.").status_code == 201
    heard.wait_for("I am.")
    page = maya.http.get("/chat/rooms/hallway/")
    assert page.status_code == 200
    assert "Is anybody" in page.text


def test_the_guide_adds_ten_lines_at_most():
    lines = [line for _, code in added_lines() for line in code.splitlines() if line.strip()]
    assert 0 < len(lines) <= 10
    assert {name for name, _ in added_lines()} == {
        "mysite/settings.py",
        "mysite/urls.py",
        "mysite/asgi.py",
    }


def test_a_fresh_project_has_nothing_to_complain_about(site):
    assert "no issues" in site.run("django", "check", "--fail-level", "WARNING")
    assert "No changes" in site.run("django", "makemigrations", "--check", "--dry-run")


@pytest.mark.parametrize("server", servers())
def test_two_of_its_people_chat(site, serve, server):
    running = serve(site, server)
    they_chat(running.somebody("maya"), running.somebody("joe"))


def test_its_static_files_are_there(site, serve):
    running = serve(site, "runserver")
    page = running.somebody("maya").http.get("/chat/rooms/hallway/").text
    assert "/static/hallway/js/room.js" in page
    assert running.person().http.get("/static/hallway/js/room.js").status_code == 200


def test_who_is_not_signed_in_is_led_to_the_sites_own_door(site, serve):
    running = serve(site, "uvicorn")
    stranger = running.person()
    assert stranger.http.get("/chat/api/me").status_code == 401
    assert stranger.listen("/chat/api/stream").status == 401
    lobby = stranger.http.get("/chat/rooms/hallway/", follow_redirects=True)
    assert "/admin/login/" in lobby.text


def test_accounts_may_be_by_address_and_uuid(tmp_path, serve):
    project = Project(tmp_path / "custom")
    project.add("accounts/__init__.py", "")
    project.add("accounts/models.py", USERS)
    project.add("mysite/settings.py", 'INSTALLED_APPS += ["accounts"]\n')
    project.add("mysite/settings.py", 'AUTH_USER_MODEL = "accounts.User"\n')
    for name, code in added_lines():
        project.add(name, code)
    project.run("django", "makemigrations", "accounts", "-v0")
    assert "no issues" in project.run("django", "check", "--fail-level", "WARNING")
    project.run("django", "migrate", "-v0")
    project.shell(MAKE_PEOPLE.format('f"{name}@example.org"'))
    running = serve(project, "uvicorn")
    maya = running.somebody("maya@example.org")
    joe = running.somebody("joe@example.org")
    they_chat(maya, joe)
    assert maya.me()["name"] == "maya"
    assert "example.org" not in joe.http.get("/chat/rooms/hallway/").text
    assert maya.http.get("/admin/hallway/author/?q=maya").status_code == 200
    shutil.rmtree(project.folder)
