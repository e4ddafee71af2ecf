"""The product's settings for a server under test: as they are, but for the price of a password."""

from hallway_server.settings import *  # noqa: F403

# A strong hash takes the better part of a second. The servers of test_https and of test_hosts, the
# image and the wheel run on the product's settings themselves.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # what an older database has
]
