"""The product under Daphne's `runserver`, as the tutorial starts it."""

from hallway_server.settings import *  # noqa: F403
from hallway_server.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = ["daphne", *PRODUCT_APPS]
