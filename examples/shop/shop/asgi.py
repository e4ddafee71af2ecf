import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_asgi_application()

from hallway.asgi import with_hallway  # noqa: E402  Django is set up first

application = with_hallway(application)
