"""Imports point one way, and only actions write: what keeps the house easy to walk through."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"

# From the street to the cellar. A module may import its own room and whatever lies below it; a
# longer name wins over a shorter one. A new module needs a line here.
STOREYS = (
    ("hallway_server",),
    ("hallway.apps", "hallway.asgi", "hallway.urls"),
    (
        "hallway.admin",
        "hallway.checks",
        "hallway.follow",
        "hallway.host",
        "hallway.management",
        "hallway.migrations",
        "hallway.pages",
        "hallway.templatetags",
        "hallway.testing",
    ),
    ("hallway.api",),
    ("hallway.live",),
    ("hallway.consumers", "hallway.identity"),
    ("hallway.actions", "hallway.queries"),
    ("hallway.access", "hallway.events"),
    ("hallway.live.bell",),
    ("hallway.models",),
    ("hallway.limits", "hallway.objects", "hallway.pictures", "hallway.problems", "hallway.text"),
    (
        "hallway.asking",
        "hallway.conf",
        "hallway.errors",
        "hallway.kept",
        "hallway.prepared",
        "hallway.shared_limits",
    ),
    ("hallway.driver",),
)
STOREY_OF = {room: number for number, rooms in enumerate(STOREYS) for room in rooms}

STORING = ("hallway.prepared.insert", "hallway.prepared.store")
WRITERS = ("hallway.actions", "hallway.events.log", "hallway.migrations", "hallway.testing")
WRITES = {
    "bulk_create",
    "bulk_update",
    "create",
    "delete",
    "get_or_create",
    "save",
    "update",
    "update_or_create",
}
# Dictionaries, caches and sessions have these verbs too; rows are reached through these words.
SHARED_VERBS = {"delete", "save", "update"}
ROWS = (".objects", "filter(", "exclude(", "_set.")
# `Room.for_object` makes a room that nobody is in, so nobody has to be told.
NOT_OURS = ("Session.", "cls.objects")
APPENDS = {"append", "forget", "rewrite"}


def test_imports_point_one_way() -> None:
    wrong = [
        f"{module} imports {target}"
        for module in modules()
        for target in imports(module)
        if not may_import(module, target)
    ]
    assert not wrong, "\n".join(["Against the layers:", *wrong])


def test_every_module_has_its_storey() -> None:
    homeless = [module for module in modules() if module != "hallway" and room_of(module) is None]
    assert not homeless, f"Give them a line in STOREYS: {homeless}"


def test_only_actions_write_rows() -> None:
    wrong = [
        f"{module}:{call.lineno} calls {ast.unparse(call.func)}()"
        for module in modules()
        if not inside(module, WRITERS)
        for call, verb in method_calls(module)
        if writes_rows(call, verb.removeprefix("a"))
    ]
    wrong += [
        f"{module} imports {target}"
        for module in modules()
        for target in imports(module)
        if target in STORING and not inside(module, WRITERS)
    ]
    assert not wrong, "\n".join(["Only actions write:", *wrong])


def test_only_actions_append_to_the_log() -> None:
    wrong = [
        f"{module}:{call.lineno} calls log.{verb}()"
        for module in modules()
        if not inside(module, ("hallway.actions", "hallway.events.log"))
        for call, verb in method_calls(module)
        if verb in APPENDS and ast.unparse(receiver(call)) in ("log", "events.log")
    ]
    wrong += [
        f"{module} imports {target}"
        for module in modules()
        for target in imports(module)
        if target in {f"hallway.events.log.{verb}" for verb in APPENDS}
    ]
    assert not wrong, "\n".join(["Only actions append:", *wrong])


def test_a_wrong_import_is_noticed() -> None:
    assert not may_import("hallway.models.rooms", "hallway.actions.rooms")
    assert not may_import("hallway.queries.timeline", "hallway.actions.rooms")
    assert not may_import("hallway.pages.room", "hallway_server.settings")
    assert not may_import("hallway.live.bell.local", "hallway.live.hub")
    assert may_import("hallway.events.log", "hallway.live.bell")
    assert may_import("hallway.pages.room", "hallway.queries.timeline")


@cache
def modules() -> tuple[str, ...]:
    found = []
    for file in sorted(SRC.rglob("*.py")):
        parts = file.relative_to(SRC).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return tuple(found)


@cache
def tree(module: str) -> ast.Module:
    path = SRC.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(), filename=str(file))


def imports(module: str) -> Iterator[str]:
    """Everything of ours that `module` imports, by its full name, inside functions too."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = home(module, node.level) if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in ("hallway", "hallway_server"))


def home(module: str, level: int) -> list[str]:
    """The package that a relative import with `level` dots starts from."""
    parts = module.split(".")
    is_package = SRC.joinpath(*parts).is_dir()
    return parts[: len(parts) - level + is_package]


def may_import(module: str, target: str) -> bool:
    own, other = room_of(module), room_of(target)
    if own is None or other is None:
        return True  # the bare package; a module without a storey fails a test of its own
    return own == other or STOREY_OF[own] < STOREY_OF[other]


def room_of(name: str) -> str | None:
    parts = name.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in STOREY_OF), None)


def inside(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def method_calls(module: str) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr


def receiver(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def writes_rows(call: ast.Call, verb: str) -> bool:
    if ast.unparse(receiver(call)).startswith(NOT_OURS):
        return False
    if verb in SHARED_VERBS:
        return any(word in f"{ast.unparse(receiver(call))}." for word in ROWS)
    return verb in WRITES
