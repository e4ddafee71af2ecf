"""The scenarios. Each starts its own servers, measures in alternating rounds, returns a table."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from . import asgi_servers, client, generate, processes
from .client import Poster, Record, Requests, Visitor
from .peers import PEERS, Missing
from .report import Figures, quantile, show
from .servers import Server, hallway, under_uvicorn

ROOM, HISTORY = "/rooms/hallway/", "/api/rooms/hallway/messages"
STREAM = "/api/stream"
# People behind the load: streams and posters are shared out among them.
PEOPLE = 16


@dataclass(frozen=True)
class Plan:
    folder: Path
    seconds: float
    rounds: int
    streams: int
    posters: int
    rate: float
    messages: int


async def fan_out(plan: Plan) -> str:
    """Every post to every stream, beside raw ASGI without Django and database."""
    with ExitStack() as running:
        ours = running.enter_context(hallway(plan.folder / "hallway"))
        raw = running.enter_context(under_uvicorn("bench.raw:application", plan.folder / "raw"))
        people = _people(ours)
        rounds: dict[str, list[Figures]] = {"Hallway": [], "raw ASGI": []}
        for number in range(plan.rounds):
            rounds["Hallway"].append(await _fan(plan, ours, people, number, plan.streams))
            rounds["raw ASGI"].append(await _fan(plan, raw, [Visitor()], number, plan.streams))
    how = f"{plan.rate:g} posts/s" if plan.rate else f"{plan.posters} closed-loop posters"
    ratio = "CPU µs/delivery" if plan.rate else "deliveries/s"
    return show(f"Fan-out: {plan.streams} streams, {how}", rounds, ratio=ratio)


async def peers(plan: Plan) -> str:
    """The same fan-out by nchan, Node, better-sse, Channels and django-eventstream."""
    missing = []
    with ExitStack() as running:
        ours = running.enter_context(hallway(plan.folder / "hallway"))
        people = _people(ours)
        rounds: dict[str, list[Figures]] = {"Hallway": []}
        others: dict[str, Server] = {}
        for name, start in PEERS.items():
            try:
                others[name] = running.enter_context(start(plan.folder / name))
            except Missing as why:
                missing.append(f"{name} did not take part: {why}")
        for number in range(plan.rounds):
            rounds["Hallway"].append(await _fan(plan, ours, people, number, plan.streams))
            for name, server in others.items():
                figures = await _fan(
                    plan, server, [Visitor()], number, plan.streams, live_mark=client.HEAD
                )
                rounds.setdefault(name, []).append(figures)
    how = f"{plan.rate:g} posts/s" if plan.rate else f"{plan.posters} closed-loop posters"
    ratio = "CPU µs/delivery" if plan.rate else "deliveries/s"
    table = show(f"Peers: {plan.streams} streams, {how}", rounds, ratio=ratio)
    return "\n".join([table, *missing])


async def servers(plan: Plan) -> str:
    """Hallway's application under uvicorn, Granian and Hypercorn: mixed load, cuts, the stop."""
    rounds: dict[str, list[Figures]] = {"bin/serve": []} | {
        name: [] for name in asgi_servers.COMMANDS
    }
    for number in range(plan.rounds):
        for name, figures in rounds.items():
            folder = plan.folder / f"{name.replace('/', '-')}-{number}"
            start = hallway if name == "bin/serve" else partial(asgi_servers.under, name)
            with start(folder) as server:
                people = _people(server)
                figures.append(
                    await asgi_servers.measure(server, people, plan.streams, plan.seconds)
                )
    how = f"{asgi_servers.POSTS_A_SECOND} posts/s, {asgi_servers.PAGES} readers of pages"
    return show(f"ASGI servers: {plan.streams} streams, {how}", rounds)


async def posting(plan: Plan) -> str:
    """Durable posts with 16 posters and nobody listening, beside Django's empty view."""
    with ExitStack() as running:
        ours = running.enter_context(hallway(plan.folder / "hallway"))
        empty = _empty(plan, running)
        people = _people(ours)
        rounds: dict[str, list[Figures]] = {"Hallway: durable post": [], "Django: empty view": []}
        for number in range(plan.rounds):
            rounds["Hallway: durable post"].append(await _post(plan, ours, people, number))
            rounds["Django: empty view"].append(await _ask(plan, empty, "/", [Visitor()]))
    return show("Posting: 16 connections", rounds, ratio="requests/s")


async def room_page(plan: Plan) -> str:
    """The full room page with 40 messages, beside Django's empty view."""
    return await _page(plan, "Room page: 40 messages, 16 connections", ROOM)


async def history(plan: Plan) -> str:
    """An older page of 40 messages as JSON, beside Django's empty view."""
    return await _page(plan, "History page: 40 messages, 16 connections", f"{HISTORY}?before=500")


async def reconnect(plan: Plan) -> str:
    """2,000 clients (--streams x 2), each 100 events behind, come back at once."""
    counted = plan.folder / "queries"
    results: list[Figures] = []
    with hallway(plan.folder / "hallway", BENCH_QUERIES=str(counted)) as ours:
        people = _people(ours)
        for number in range(plan.rounds):
            cursor = await _cursor(ours, people[0])
            await _exactly(ours, people[0], 100, number)
            await asyncio.sleep(0.5)
            queries, cpu, began = _counted(counted), ours.cpu, perf_counter()
            record = Record()
            streams = await client.open_streams(
                ours.port, record, people, plan.streams * 2, f"{STREAM}?since={cursor}", after=100
            )
            results.append(
                {
                    "clients": len(streams),
                    "all caught up, s": perf_counter() - began,
                    "queries": _counted(counted) - queries,
                    "CPU µs/client": (ours.cpu - cpu) / len(streams) * 1e6,
                    "wrong": record.wrong,
                }
            )
            await _close(streams)
    return show("Reconnect storm: 100 events behind", {"Hallway": results})


async def idle(plan: Plan) -> str:
    """What streams cost that have nothing to hear: memory, processor, threads, descriptors."""
    results: list[Figures] = []
    for number in range(plan.rounds):
        with hallway(plan.folder / f"hallway-{number}") as ours:
            people = _people(ours)
            warm = await client.open_streams(ours.port, Record(), people, 20, STREAM)
            await _close(warm)
            memory, files = ours.memory, ours.files
            began = perf_counter()
            streams = await client.open_streams(ours.port, Record(), people, plan.streams, STREAM)
            opened = perf_counter() - began
            await asyncio.sleep(1)
            cpu, began = ours.cpu, perf_counter()
            await asyncio.sleep(max(plan.seconds, 1))
            results.append(
                {
                    "opened in, s": opened,
                    "KB/stream": (ours.memory - memory) / len(streams),
                    "CPU %": (ours.cpu - cpu) / (perf_counter() - began) * 100,
                    "threads": ours.threads,
                    "descriptors/stream": (ours.files - files) / len(streams),
                }
            )
            await _close(streams)
    return show(f"Idle: {plan.streams} streams", {"Hallway": results})


async def start_up(plan: Plan) -> str:
    """From the process's start to the first answer: the first time, and every other time."""
    rounds: dict[str, list[Figures]] = {"first start": [], "second start": []}
    for number in range(plan.rounds):
        for figures_of in rounds.values():
            with hallway(plan.folder / f"hallway-{number}") as ours:
                figures = {"ready after, s": ours.ready_after, "CPU s": ours.cpu}
                figures_of.append(figures | {"memory, MB": ours.memory / 1024})
    return show("Start-up", rounds)


async def growth(plan: Plan) -> str:
    """Room page, history, search and posting: 1,000 messages beside --messages of them."""
    tables = []
    with ExitStack() as running:
        small = _grown(plan, running, 1000)
        large = _grown(plan, running, plan.messages)
        sizes = {"1,000 messages": small, f"{plan.messages:,} messages": large}
        people = {size: _people(server) for size, server in sizes.items()}
        for title, path in (
            ("Room page", ROOM),
            ("History page", f"{HISTORY}?before=500"),
            ("Search", "/api/search?q=plan"),
        ):
            rounds: dict[str, list[Figures]] = {size: [] for size in sizes}
            for _ in range(plan.rounds):
                for size, server in sizes.items():
                    rounds[size].append(await _ask(plan, server, path, people[size]))
            tables.append(show(f"Growth: {title}", rounds, ratio="requests/s"))
        rounds = {size: [] for size in sizes}
        for number in range(plan.rounds):
            for size, server in sizes.items():
                rounds[size].append(await _post(plan, server, people[size], number))
        tables.append(show("Growth: posting", rounds, ratio="requests/s"))
    return "\n".join(tables)


async def crowd(plan: Plan) -> str:
    """The cost of a delivery: --streams / 10 beside --streams x 10, with the same deliveries/s."""
    few, many = max(1, plan.streams // 10), plan.streams * 10
    deliveries = (plan.rate or 2) * many
    rounds: dict[str, list[Figures]] = {f"{few} streams": [], f"{many} streams": []}
    with hallway(plan.folder / "hallway") as ours:
        people = _people(ours)
        for number in range(plan.rounds):
            for turn, streams in enumerate((few, many)):
                paced = Plan(**{**plan.__dict__, "rate": deliveries / streams})
                figures = await _fan(paced, ours, people, number * 2 + turn, streams)
                rounds[f"{streams} streams"].append(figures)
    return show("Growth: streams, same deliveries/s", rounds, ratio="CPU µs/delivery")


async def workers(plan: Plan) -> str:
    """Fan-out and posting on PostgreSQL with one process and with two, beside SQLite."""
    with ExitStack() as running:
        cluster = running.enter_context(processes.cluster())
        servers = {"SQLite, one process": running.enter_context(hallway(plan.folder / "sqlite"))}
        for number, name in ((1, "PostgreSQL, one process"), (2, "PostgreSQL, two processes")):
            folder = plan.folder / f"postgres-{number}"
            servers[name], _ = running.enter_context(
                processes.on_postgres(folder, cluster, workers=number)
            )
        people = {name: _people(server) for name, server in servers.items()}
        fanned: dict[str, list[Figures]] = {name: [] for name in servers}
        posted: dict[str, list[Figures]] = {name: [] for name in servers}
        for number in range(plan.rounds):
            for name, server in servers.items():
                before = processes.database_cpu(cluster)
                figures = await _fan(plan, server, people[name], number, plan.streams)
                figures["database CPU s"] = processes.database_cpu(cluster) - before
                fanned[name].append(figures)
                before = processes.database_cpu(cluster)
                figures = await _post(plan, server, people[name], number)
                figures["database CPU s"] = processes.database_cpu(cluster) - before
                posted[name].append(figures)
    how = f"{plan.streams} streams, {plan.posters} closed-loop posters"
    return "\n".join(
        [
            show(f"Workers: {how}", fanned, ratio="deliveries/s"),
            show("Workers: posting, 16 connections, nobody listens", posted, ratio="requests/s"),
        ]
    )


async def lock(plan: Plan) -> str:
    """Where the log's one lock is full: many writers that do nothing else, on PostgreSQL."""
    rounds: dict[str, list[Figures]] = {}
    with processes.cluster() as cluster:
        with processes.on_postgres(plan.folder / "hallway", cluster) as (server, url):
            await _exactly(server, _people(server)[0], 20, 0)
        for _ in range(plan.rounds):
            for batch in processes.BATCHES:
                for writers, locks in processes.WRITERS_AND_LOCKS:
                    figures = await asyncio.to_thread(
                        processes.write_at_once,
                        url, plan.folder,
                        writers=writers, locks=locks, batch=batch, seconds=plan.seconds,
                    )  # fmt: skip
                    name = f"{batch} posts a commit, {writers} writers, {locks} locks"
                    rounds.setdefault(name, []).append(figures)
    return show("The log's lock: what a post stores, and nothing else", rounds)


SCENARIOS: dict[str, Callable[[Plan], Awaitable[str]]] = {
    "fan-out": fan_out,
    "peers": peers,
    "servers": servers,
    "posting": posting,
    "room-page": room_page,
    "history": history,
    "reconnect": reconnect,
    "idle": idle,
    "start-up": start_up,
    "growth": growth,
    "crowd": crowd,
    "workers": workers,
    "lock": lock,
}


async def _fan(
    plan: Plan,
    server: Server,
    people: list[Visitor],
    number: int,
    streams: int,
    *,
    live_mark: bytes = client.HEARTBEAT,
) -> Figures:
    record = Record()
    listening = await client.open_streams(
        server.port, record, people, streams, STREAM, live_mark=live_mark
    )
    cpu, began = server.cpu, perf_counter()
    if plan.rate:
        await client.paced(
            server.port, people, record, number=number, rate=plan.rate, seconds=plan.seconds
        )
    else:
        await _closed_loop(plan, server, people, record, number=number, posters=plan.posters)
    seconds = perf_counter() - began
    delivered = record.delivered
    deadline = perf_counter() + client.DRAIN
    while any(s.position < len(record.acknowledged) for s in listening):
        if perf_counter() > deadline:
            break
        await asyncio.sleep(0.02)
    used = server.cpu - cpu
    missing = sum(max(0, len(record.acknowledged) - s.position) for s in listening)
    await _close(listening)
    return {
        "deliveries/s": delivered / seconds,
        "posts/s": len(record.acknowledged) / seconds,
        "CPU µs/delivery": used / max(1, record.delivered) * 1e6,
        "p50 ms": quantile(record.latencies, 0.5),
        "p99 ms": quantile(record.latencies, 0.99),
        "missing": missing + len(record.acknowledged - set(record.order)),
        "doubled": len(record.order) - len(set(record.order)),
        "reordered": record.wrong + _swapped(record.order),
        "errors": record.errors,
    }


def _swapped(order: list[bytes]) -> int:
    """Messages that came after a later one of the same poster."""
    last: dict[bytes, int] = {}
    swapped = 0
    for mark in order:
        poster, _, count = mark.partition(b"-")
        swapped += last.get(poster, 0) >= int(count)
        last[poster] = int(count)
    return swapped


async def _closed_loop(
    plan: Plan, server: Server, people: list[Visitor], record: Record, *, number: int, posters: int
) -> None:
    loop = asyncio.get_running_loop()
    busy = [
        Poster(record, number * 1000 + index, people[index % len(people)])
        for index in range(posters)
    ]
    opened = []
    for poster in busy:
        transport, _ = await loop.create_connection(
            lambda p=poster: Requests(p.next, p.done),  # type: ignore[misc]
            "127.0.0.1",
            server.port,
        )
        opened.append(transport)
    await asyncio.sleep(plan.seconds)
    for poster in busy:
        poster.is_over = True
    deadline = perf_counter() + client.DRAIN
    while len(record.acknowledged) + record.errors < len(record.sent):
        if perf_counter() > deadline:
            break
        await asyncio.sleep(0.005)
    for transport in opened:
        transport.close()


async def _post(plan: Plan, server: Server, people: list[Visitor], number: int) -> Figures:
    record, cpu, began = Record(), server.cpu, perf_counter()
    # Client ids must be new in each round; the fan-out's numbers are far below these.
    await _closed_loop(plan, server, people, record, number=number + 500, posters=16)
    return _figures(record, server.cpu - cpu, perf_counter() - began)


async def _ask(plan: Plan, server: Server, path: str, people: list[Visitor]) -> Figures:
    requests = [client.get(path, person) for person in people]
    cpu = server.cpu
    record = await client.load(server.port, requests, 16, plan.seconds)
    return _figures(record, server.cpu - cpu, plan.seconds)


def _figures(record: Record, cpu: float, seconds: float) -> Figures:
    answered = len(record.post_times)
    return {
        "requests/s": answered / seconds,
        "CPU µs/request": cpu / max(1, answered) * 1e6,
        "p50 ms": quantile(record.post_times, 0.5),
        "p99 ms": quantile(record.post_times, 0.99),
        "errors": record.errors,
    }


async def _page(plan: Plan, title: str, path: str) -> str:
    with ExitStack() as running:
        ours = _grown(plan, running, 1000)
        empty = _empty(plan, running)
        people = _people(ours)
        rounds: dict[str, list[Figures]] = {"Hallway": [], "Django: empty view": []}
        for _ in range(plan.rounds):
            rounds["Hallway"].append(await _ask(plan, ours, path, people))
            rounds["Django: empty view"].append(await _ask(plan, empty, "/", [Visitor()]))
    return show(title, rounds, ratio="requests/s")


def _grown(plan: Plan, running: ExitStack, messages: int) -> Server:
    """A server over a database with so many messages."""
    folder = plan.folder / f"with-{messages}"
    with hallway(folder):
        pass
    generate.fill(folder / "hallway.sqlite3", messages)
    return running.enter_context(hallway(folder))


def _empty(plan: Plan, running: ExitStack) -> Server:
    return running.enter_context(under_uvicorn("bench.empty:application", plan.folder / "empty"))


def _people(server: Server) -> list[Visitor]:
    return [client.enter(server.port, f"bench-{number}") for number in range(PEOPLE)]


async def _cursor(server: Server, visitor: Visitor) -> str:
    """Where the log stands: the id of a stream's first heartbeat."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(client.get(STREAM, visitor))
    while not (line := await reader.readline()).startswith(b"id: "):
        assert line, "the stream ended before it began"
    writer.close()
    return line[4:].decode().strip()


async def _exactly(server: Server, visitor: Visitor, messages: int, number: int) -> None:
    record = Record()
    await client.paced(
        server.port, [visitor], record, number=number, rate=200, seconds=messages / 200
    )
    assert len(record.acknowledged) == messages, record.errors


def _counted(path: Path) -> int:
    return int.from_bytes(path.read_bytes(), "little")


async def _close(streams: list[client.StreamClient]) -> None:
    for stream in streams:
        stream.transport.close()
    await asyncio.sleep(0.3)
