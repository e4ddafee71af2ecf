"""The shop's settings, but for the price of a password."""

from shop.settings import *  # type: ignore[import-not-found]  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
