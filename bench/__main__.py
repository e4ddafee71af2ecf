"""bin/bench: choose scenarios, run them in rounds that alternate, print a table for each."""

import argparse
import resource
import sys
import tempfile
from pathlib import Path

import uvloop

from .scenarios import SCENARIOS, Plan


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="all, unless named; --list shows them")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, default=5.0, help="each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--posters", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0, help="posts a second; 0: closed loop")
    parser.add_argument("--messages", type=int, default=1_000_000, help="for growth")
    chosen = parser.parse_args()
    if chosen.list:
        for name, scenario in SCENARIOS.items():
            print(f"{name:10} {scenario.__doc__}")
        return
    unknown = set(chosen.scenario) - set(SCENARIOS)
    if unknown:
        sys.exit(
            f"no such scenario: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}"
        )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in chosen.scenario or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="hallway-bench-") as folder:
            plan = Plan(
                folder=Path(folder),
                seconds=chosen.seconds,
                rounds=chosen.rounds,
                streams=chosen.streams,
                posters=chosen.posters,
                rate=chosen.rate,
                messages=chosen.messages,
            )
            print(uvloop.run(SCENARIOS[name](plan)), flush=True)


main()
