"""Django's own handler: Hallway's streams are its ordinary async views here."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
