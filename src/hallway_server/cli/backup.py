"""`hallway backup` and `hallway restore`: a consistent cut of everything, while the server runs."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from hallway import __version__

DATABASE = "hallway.sqlite3"
MANIFEST = "manifest.json"
SECRET = "secret_key"  # noqa: S105  a file's name
UPLOADS = "uploads"
# Waits for the writer in front of us; a shared commit takes milliseconds.
LOCK_SECONDS = 30

# What the restored copy goes through before it takes the place of the database that is served:
# this version's tables, and an epoch of its own, so that every cursor of before is void.
PREPARE = """
import django
django.setup()
from hallway.events import log
from hallway_server.preparing import migrate
migrate()
log.renew_epoch()
"""


class CannotBackUp(Exception):
    """Why there is no backup, or none that can be restored; the text says what to do."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Copy the database and the uploads into FOLDER, which is made. The server may run."""
    data = _data()
    if folder.exists() and any(folder.iterdir()):
        raise CannotBackUp(f"{folder} is not empty; name a folder that is not there yet.")
    if not (data / DATABASE).exists():
        raise CannotBackUp(f"there is no database in {data}.")
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    aside.mkdir(mode=0o700, parents=True)
    try:
        # The database first: what it tells about was uploaded before, so all of it is copied.
        _copy_database(data / DATABASE, aside / DATABASE)
        _check(aside / DATABASE)
        if (data / UPLOADS).exists():
            shutil.copytree(data / UPLOADS, aside / UPLOADS)
        if (data / SECRET).exists():
            shutil.copy2(data / SECRET, aside / SECRET)
        _write_manifest(aside)
        aside.chmod(0o700)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    click.echo(f"Backed up to {folder}.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Don't ask before what is there now is replaced.")
def restore(folder: Path, *, yes: bool) -> None:
    """Put the backup in FOLDER in the place of what is there now. The server may run.

    Everybody's page loads afresh: the restored database has a new epoch.
    """
    data = _data()
    _verify(folder)
    if (data / DATABASE).exists() and not yes:
        click.confirm(f"Replace everything in {data} by {folder}?", abort=True)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=data, prefix=".restore-") as aside:
        prepared = Path(aside)
        _copy_database(folder / DATABASE, prepared / DATABASE)
        for name in (SECRET, UPLOADS):
            _copy(folder / name, prepared / name)
        _prepare(prepared)
        _check(prepared / DATABASE)
        # Uploads first, added to what is there: no message is ever without its file.
        _copy(folder / UPLOADS, data / UPLOADS)
        if not (data / DATABASE).exists():
            # Left by another database, they would be taken for this one's.
            for suffix in ("-wal", "-shm"):
                (data / f"{DATABASE}{suffix}").unlink(missing_ok=True)
        if not (data / SECRET).exists():
            _copy(folder / SECRET, data / SECRET)
        # One transaction: a server that runs sees the old database or the new one.
        _copy_database(prepared / DATABASE, data / DATABASE)
    click.echo(f"Restored {folder}. A server that runs goes on with it.")


def _data() -> Path:
    from django.conf import settings

    if "sqlite" not in settings.DATABASES["default"]["ENGINE"]:
        raise CannotBackUp("the database is PostgreSQL; use pg_dump and pg_restore.")
    return Path(settings.DATA)


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's online backup, in one step: one snapshot of the source, one write to the target."""
    with _open(source, "ro") as reader, _open(target, "rwc") as writer:
        writer.execute("PRAGMA synchronous=FULL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        reader.backup(writer)
    target.chmod(0o600)


@contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS)) as connection:
        yield connection


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        # A copy in one file, with no log beside it.
        connection.execute("PRAGMA journal_mode=DELETE")
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if found != "ok" or broken:
        raise CannotBackUp(f"{path} is damaged: {found}, {len(broken)} broken references.")


def _write_manifest(folder: Path) -> None:
    files = {
        str(path.relative_to(folder)): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = {
        "hallway": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def _verify(folder: Path) -> None:
    """The folder is a whole backup and nothing but that."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        files: dict[str, str] = manifest["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise CannotBackUp(f"{folder} is no backup: it has no readable {MANIFEST}.") from error
    for suffix in ("-wal", "-shm", "-journal"):
        if (folder / f"{DATABASE}{suffix}").exists():
            raise CannotBackUp(
                f"{folder} holds {DATABASE}{suffix}, which is no part of a backup and would "
                "change it; move it away."
            )
    for name, digest in files.items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise CannotBackUp(f"{path} is missing or not as it was backed up.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy2(source, target)


def _prepare(folder: Path) -> None:
    environment = os.environ | {"HALLWAY_DATA": str(folder)}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(  # noqa: S603  our own interpreter, our own words
        [sys.executable, "-P", "-c", PREPARE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBackUp(f"this backup cannot be used here: {done.stderr.strip()[-500:]}")
