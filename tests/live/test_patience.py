"""A PostgreSQL that takes every byte and answers none."""

import threading
import time

import psycopg
import pytest

from hallway_server import postgres as patient
from hallway_server.unhurried import patience
from tests import postgres

pytestmark = pytest.mark.skipif(bool(postgres.WHY_NOT), reason=postgres.WHY_NOT)


@pytest.fixture(scope="module")
def cluster():
    return postgres.start_cluster()


def test_silence_is_given_up_and_the_connection_with_it(cluster, monkeypatch):
    monkeypatch.setattr(patient, "SILENCE_SECONDS", 0.3)
    with patient.Connection.connect(cluster) as connection:
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError, match="has not answered"):
            connection.execute("SELECT pg_sleep(5)")
        assert time.monotonic() - began < 2
        assert connection.closed


def test_work_on_a_whole_table_is_waited_for(cluster, monkeypatch):
    monkeypatch.setattr(patient, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(patience, "is_long", True)
    with patient.Connection.connect(cluster) as connection:
        assert connection.execute("SELECT pg_sleep(0.4)").fetchall() == [("",)]


def test_the_others_of_its_pool_are_given_up_with_it(cluster, monkeypatch):
    from psycopg_pool import ConnectionPool

    with ConnectionPool(
        cluster, connection_class=patient.Connection, min_size=2, max_size=2, kwargs={}
    ) as pool:
        pool.wait()
        with pool.connection() as one:
            before = one.info.backend_pid
        monkeypatch.setattr(patient, "SILENCE_SECONDS", 0.2)
        with pytest.raises(psycopg.OperationalError), pool.connection() as one:
            one.execute("SELECT pg_sleep(5)")
        monkeypatch.undo()
        pids = set()
        barrier = threading.Barrier(2)

        def look():
            with pool.connection() as one:
                pids.add(one.info.backend_pid)
                barrier.wait(10)

        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pids) == 2
        assert before not in pids
