"""The product's settings as nobody configured them, with the data in a folder of this run."""

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith("HALLWAY_")]:
    del os.environ[name]
os.environ["HALLWAY_DATA"] = tempfile.mkdtemp(prefix="hallway-tests-")
atexit.register(shutil.rmtree, os.environ["HALLWAY_DATA"], ignore_errors=True)

# What is named here is what the tests run on; what the caller's shell names never is.
os.environ.pop("DATABASE_URL", None)
os.environ.pop("REDIS_URL", None)
if os.environ.get("TEST_DATABASE") == "postgres":
    from tests.postgres import start_cluster

    os.environ["DATABASE_URL"] = start_cluster()

from hallway_server.settings import *  # noqa: E402, F403  they read the environment

# Signing in is not what is tested, and a strong hash takes half a second.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
