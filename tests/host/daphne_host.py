"""A host project under Daphne's `runserver`."""

from tests.host.settings import *  # noqa: F403
from tests.host.settings import INSTALLED_APPS as HOST_APPS

INSTALLED_APPS = ["daphne", *HOST_APPS]
ASGI_APPLICATION = "tests.host.asgi.application"
