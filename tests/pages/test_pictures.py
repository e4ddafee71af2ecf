"""Profiles and pictures: what is uploaded, what of it stays, and who may see it."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from hallway.actions import accounts, profiles
from hallway.actions.messages import post_message
from hallway.errors import InvalidAbout, InvalidPicture, InvalidTimeZone
from hallway.events import log
from hallway.models import Author
from hallway.pictures import square

JSON = "application/json"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path, static_files):
    settings.MEDIA_ROOT = tmp_path


def picture(kind="PNG", size=(400, 300), color=(200, 30, 30), **options):
    file = BytesIO()
    Image.new("RGB", size, color).save(file, kind, **options)
    return file.getvalue()


def bomb():
    """A PNG of a few bytes whose head says 100,000 × 100,000 pixels."""

    def chunk(kind, content):
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999))


def upload(client, content, name="me.png"):
    return client.post("/api/me/picture", {"picture": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_picture_becomes_a_small_square(kind):
    with Image.open(BytesIO(square(picture(kind)))) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (256, 256))


def test_what_a_camera_writes_into_it_is_gone():
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif[0x8825] = {1: "N", 2: (48.0, 12.0, 30.0)}
    drawn = square(picture("JPEG", exif=exif))
    assert b"camera" not in drawn
    with Image.open(BytesIO(drawn)) as kept:
        assert not kept.getexif()
        assert not set(kept.info) & {"exif", "xmp", "icc_profile", "comment"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        picture()[:60],
        picture("JPEG")[:200],
        picture("TIFF"),
        picture("PNG", size=(9000, 5000)),
        b"\x89PNG" + b"x" * 1_000_000,
        bomb(),
    ],
    ids=["empty", "text", "svg", "half", "half jpeg", "tiff", "pixels", "bytes", "bomb"],
)
def test_what_is_no_picture_or_too_much_is_refused(content):
    with pytest.raises(InvalidPicture):
        square(content)


def test_a_picture_is_seen_by_those_who_are_in(browser_of, joe, zoe):
    answer = upload(browser_of(joe), picture())
    assert answer.status_code == 200
    address = f"/pictures/{joe.pk}/{answer.json()['picture']}.webp"
    shown = browser_of(zoe).get(address)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    elsewhere = browser_of(zoe).get(address, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert Client().get(address).status_code == 401
    for neighbour in (f"/pictures/{zoe.pk}/{answer.json()['picture']}.webp", "/pictures/1/x.webp"):
        assert browser_of(zoe).get(neighbour).status_code == 404


def test_another_picture_has_another_address_and_the_old_one_is_gone(
    browser_of, joe, hallway, django_capture_on_commit_callbacks
):
    joes = browser_of(joe)
    first = upload(joes, picture()).json()["picture"]
    position = log.span().newest
    with django_capture_on_commit_callbacks(execute=True):
        second = upload(joes, picture(color=(1, 2, 3))).json()["picture"]
    assert first != second
    assert [entry.kind for entry in log.read_after(position, limit=9)] == ["author.renamed"]
    assert not default_storage.exists(profiles.picture_path(joe.pk, first))
    assert joes.get(f"/pictures/{joe.pk}/{first}.webp").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert joes.delete("/api/me/picture").json()["picture"] == ""
    assert not default_storage.exists(profiles.picture_path(joe.pk, second))


def test_the_timeline_shows_it_where_initials_were(browser_of, joe, hallway):
    post_message(joe, hallway, source="hello")
    joes = browser_of(joe)
    assert "/pictures/" not in joes.get("/rooms/hallway/").content.decode()
    name = upload(joes, picture()).json()["picture"]
    assert joes.get("/rooms/hallway/").content.decode().count(f"{name}.webp") == 2


def test_a_picture_that_cannot_be_used_is_told_and_changes_nothing(browser_of, joe):
    joes = browser_of(joe)
    assert upload(joes, b"no picture").json()["code"] == "invalid-picture"
    page = joes.post("/account/picture/", {"picture": SimpleUploadedFile("x.png", b"no picture")})
    assert page.status_code == 400
    assert "40 megapixels" in page.content.decode()
    assert Author.objects.get(pk=joe.pk).picture == ""


def test_the_account_page_changes_the_profile(browser_of, joe):
    joes = browser_of(joe)
    given = {"name": "Joseph", "about": "Tea, mostly", "time_zone": "Asia/Tokyo"}
    assert joes.post("/account/", given).status_code == 302
    me = joes.get("/api/me").json()
    assert {name: me[name] for name in given} == given
    assert 'data-zone="Asia/Tokyo"' in joes.get("/rooms/hallway/").content.decode()
    joes.post("/account/picture/", {"picture": SimpleUploadedFile("x.png", picture())})
    assert joes.get("/api/me").json()["picture"]
    joes.post("/account/picture/", {"remove": "yes"})
    assert not joes.get("/api/me").json()["picture"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"about": "x" * 161}, InvalidAbout),
        ({"about": "two\nlines"}, InvalidAbout),
        ({"about": "\u202eevil"}, InvalidAbout),
        ({"time_zone": "Mars/Olympus"}, InvalidTimeZone),
        ({"time_zone": "../../etc/passwd"}, InvalidTimeZone),
    ],
)
def test_what_cannot_be_said_is_refused(browser_of, joe, fields, error):
    with pytest.raises(error):
        profiles.describe(joe, **fields)
    answer = browser_of(joe).patch("/api/me", fields, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, error.code)


def test_a_taken_name_is_told_at_its_field(browser_of, joe, zoe):
    answer = browser_of(joe).post("/account/", {"name": "Zoe"})
    assert answer.status_code == 409
    assert "name" in answer.context["profile_form"].errors
    accounts.leave(zoe)
    assert browser_of(joe).post("/account/", {"name": "Zoe"}).status_code == 302
