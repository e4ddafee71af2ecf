"""bin/faults: run rows of the promises against a real server, and report.

bin/faults --list                       which rows there are
bin/faults --short                      all of them, small: what every change goes through
bin/faults DLV-02 CRASH-01 --long       some of them, in full
bin/faults CRASH-01 --long --parts 4 --seed 1    a quarter of its kills; 2, 3, 4: the others
bin/faults DLV-02 --seed 7              the same dice again
bin/faults --stack p                    the rows that make sense on PostgreSQL, on it
bin/faults DLV-02 --mutant skip         a server with a planted fault: the row has to fail
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from . import rows  # noqa: F401  registers them
from .mutants import MUTANTS
from .scenario import ALONE, MANY, ONE, ROWS, Result, Row, execute
from .server import HOUSE


def main() -> int:
    options = _parse()
    if options.list:
        for row in ROWS.values():
            _say(f"{row.id:10} {row.stack or 's p':4}{row.title}")
        return 0
    wanted = options.rows or [row.id for row in ROWS.values() if row.belongs_to(options.stack)]
    unknown = [name for name in wanted if name not in ROWS]
    if unknown:
        sys.exit(f"No such row: {', '.join(unknown)}. bin/faults --list shows them.")
    seed = random.randrange(10**6) if options.seed is None else options.seed
    _say(_heading(seed, is_long=options.long))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(_run([ROWS[name] for name in wanted], seed, options))
    if options.report:
        options.report.write_text(
            _heading(seed, is_long=options.long) + "\n\n" + "\n".join(map(_lines, results)) + "\n"
        )
    if options.json:
        options.json.write_text(
            json.dumps(
                {
                    result.row.id: {
                        "verdict": result.verdict,
                        "report": _lines(result),
                        "error": result.error,
                        "failed": [one.name for one in result.run.figures if not one.holds],
                    }
                    for result in results
                }
            )
        )
    failed = [result.row.id for result in results if result.verdict == "FAILS"]
    skipped = [result.row.id for result in results if result.verdict == "not run"]
    seconds = sum(result.seconds for result in results)
    replay = f"; replay with: bin/faults {' '.join(failed)} {_size(options)}--seed {seed}"
    _say(
        f"\n{len(results) - len(failed) - len(skipped)} hold, {len(failed)} fail, "
        f"{len(skipped)} not run; {seconds:.0f} s" + (replay if failed else "")
    )
    return 1 if failed else 0


async def _run(wanted: list[Row], seed: int, options: argparse.Namespace) -> list[Result]:
    """First those that need the machine for themselves, then as many at a time as they bear."""
    results: list[Result] = []

    async def one(row: Row, places: asyncio.Semaphore) -> None:
        async with places:
            result = await execute(
                row, seed=seed, is_long=options.long, mutant=options.mutant,
                parts=options.parts, stack=options.stack,
            )  # fmt: skip
        _say(_lines(result))
        results.append(result)

    for others in (ALONE, ONE, MANY):
        # One PostgreSQL and one Redis bear one stack P, and not two.
        places = asyncio.Semaphore(others + 1 if options.stack == "s" else 1)
        together = [row for row in wanted if row.beside == others]
        # The longest first: nobody waits for it in the end.
        together.sort(key=lambda row: -row.short_limit)
        await asyncio.gather(*(one(row, places) for row in together))
    return results


def _parse() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("bin/faults", description=__doc__, formatter_class=plain)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to run (all)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", action="store_true", help="small sizes (the default)")
    length.add_argument("--long", action="store_true", help="the sizes of the promises")
    parser.add_argument("--seed", type=int, help="replay a run")
    parser.add_argument(
        "--parts", type=int, default=1, metavar="N",
        help="run one Nth of what long rows repeat: N runs with N seeds add up",
    )  # fmt: skip
    parser.add_argument(
        "--stack", choices=["s", "p"], default="s",
        help="one process on SQLite (the default), or PostgreSQL, Redis, three processes and nginx",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="show the rows")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS], help="plant a fault")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write Markdown here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write results here")
    return parser.parse_args()


def _size(options: argparse.Namespace) -> str:
    parts = f"--parts {options.parts} " if options.parts > 1 else ""
    stack = "--stack p " if options.stack == "p" else ""
    return stack + ("--long " + parts if options.long else "")


def _heading(seed: int, *, is_long: bool) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HOUSE, capture_output=True, text=True,
        check=False,
    ).stdout.strip()  # fmt: skip
    return (
        f"# Faults, {'long' if is_long else 'short'}, seed {seed}\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · commit {commit or 'unknown'} · "
        f"{os.cpu_count()} cores · Python {platform.python_version()}\n"
    )


def _lines(result: Result) -> str:
    figures = " · ".join(map(str, result.run.figures))
    lines = [f"- **{result.row.id}** {result.verdict} ({result.seconds:.0f} s): {result.row.title}"]
    if figures:
        lines.append(f"  {figures}")
    if result.skipped:
        lines.append(f"  {result.skipped}")
    if result.verdict == "FAILS":
        lines += [f"  > {line}" for note in result.run.notes for line in note.splitlines()]
        lines += [f"  > {line}" for line in result.error.splitlines()]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
