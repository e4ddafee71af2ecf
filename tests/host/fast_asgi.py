"""Django's own handler with Hallway's streams in front of it, as the README shows."""

from django.core.asgi import get_asgi_application

django = get_asgi_application()

from hallway.asgi import with_hallway  # noqa: E402  Django is set up first

application = with_hallway(django)
