"""What must be ready before the first request: the tables and the static files."""

import ctypes
import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from .unhurried import unhurried

# The oldest that can tell the id of a row it has just put in (RETURNING): no post works without.
LEAST_SQLITE = (3, 35, 0)
# Tells which files the static ones were made from.
STAMP = ".collected"
# Linux: the signal that comes when whoever started this process has ended.
PR_SET_PDEATHSIG = 1


# One migration, 0001_initial, stands for twelve that were never released. Whoever has all of them
# has all of it, under the names of these two and ten more.
SECOND_OF_TWELVE, LAST_OF_TWELVE = ("hallway", "0002_first_rows"), ("hallway", "0012_seen_by")


class TooOld(Exception):
    """No migration leads from this database's tables to ours; the text says which."""


def migrate() -> None:
    """Bring the database to this version's tables."""
    executor = MigrationExecutor(connection)
    applied = executor.loader.applied_migrations
    if SECOND_OF_TWELVE in applied and LAST_OF_TWELVE not in applied:
        raise TooOld(
            "the database is of a version before the first release, older than migration "
            f"{LAST_OF_TWELVE[1]}: start the last version that has this migration once."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with unhurried():
            call_command("migrate", interactive=False, verbosity=0)
    connection.close()


@contextmanager
def static_files_collected() -> Iterator[None]:
    """Once it is left they are: a process of its own does that meanwhile, where it has to be done.

    Enter it before there are threads or connections, which a forked process cannot use.
    """
    if _is_collected():
        yield
        return
    parent, helper = os.getpid(), os.fork()
    if not helper:
        _help(parent)
    try:
        yield
    finally:
        os.waitpid(helper, 0)
    collect_static()  # whatever kept the helper from it is told here


def collect_static() -> None:
    """Copy the static files, compressed and named by their content, unless that is done already."""
    if _is_collected():
        return
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    (root / STAMP).write_text(_fingerprint())


def end_with(parent: int) -> None:
    """Whatever ends the process that started this one ends this one, too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _help(parent: int) -> NoReturn:
    try:
        # What is wrong the parent says, which tries it again.
        with suppress(BaseException):
            end_with(parent)
            collect_static()
    finally:
        os._exit(0)


def _is_collected() -> bool:
    stamp = Path(settings.STATIC_ROOT) / STAMP
    return stamp.exists() and stamp.read_text() == _fingerprint()


def _fingerprint() -> str:
    """Changes whenever one of the files does."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
