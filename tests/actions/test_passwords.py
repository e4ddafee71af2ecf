"""Another password by a letter: the link in it works once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from hallway.actions import passwords
from hallway.errors import NotFound
from tests.people import make_member


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_use_one_link_exactly_one_sets_the_password(hallway):
    make_member("Bob")
    found = passwords.reset_link("bob@example.org")
    assert found is not None
    _, number, token = found
    start = threading.Barrier(20)

    def attempt(which):
        start.wait()
        try:
            passwords.reset_password(number, token, f"battery staple {which}")
        except NotFound:
            return None
        finally:
            connection.close()
        return which

    with ThreadPoolExecutor(20) as threads:
        winners = [which for which in threads.map(attempt, range(20)) if which is not None]
    assert len(winners) == 1
    assert User.objects.get().check_password(f"battery staple {winners[0]}")
