"""django-eventstream: its view for the stream, send_event for a message."""

import json

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="bench.peers.with_eventstream",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_eventstream"],
    MIDDLEWARE=[],
)
django.setup()

import django_eventstream  # noqa: E402  after setup
from django.core.asgi import get_asgi_application  # noqa: E402


def post(request: HttpRequest) -> HttpResponse:
    django_eventstream.send_event("hallway", "message.posted", json.loads(request.body))
    # The length is told, or the server would send it in chunks, which our client does not read.
    return HttpResponse(b"{}", status=201, headers={"Content-Length": "2"})


urlpatterns = [
    path("api/stream", include(django_eventstream.urls), {"channels": ["hallway"]}),
    path("api/rooms/hallway/messages", post),
    path("up", lambda request: HttpResponse(b"")),
]
application = get_asgi_application()
