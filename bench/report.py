"""One table a scenario, with the machine and the commit it was measured on."""

import os
import platform
import subprocess
from pathlib import Path
from statistics import median

from .servers import HOUSE

Figures = dict[str, float]


def heading() -> str:
    """Where and what: processor, cores, load, Python, Django, commit."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    git = ["git", "-C", str(HOUSE)]
    commit = subprocess.run(
        [*git, "describe", "--always", "--dirty", "--exclude", "*"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, commit {commit or '?'}"
    )


def show(title: str, rounds: dict[str, list[Figures]], *, ratio: str = "") -> str:
    """The median of each figure over the rounds; `ratio` names the figure to compare by."""
    names = list(dict.fromkeys(name for all_of in rounds.values() for name in all_of[0]))
    lines = [f"\n{title}\n{heading()}; median of {len(next(iter(rounds.values())))} rounds\n"]
    first: float | None = None
    columns = ["", *names, *([f"{ratio}: ratio"] if ratio else [])]
    lines += ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for who, figures in rounds.items():
        middle = {name: median(f[name] for f in figures) for name in names if name in figures[0]}
        cells = [_number(middle[name]) if name in middle else "" for name in names]
        if ratio:
            first = first if first is not None else middle[ratio]
            cells.append(f"{first / middle[ratio]:.2f}" if middle[ratio] else "")
        lines.append("| " + " | ".join([who, *cells]) + " |")
    return "\n".join(lines)


def quantile(values: list[float], share: float) -> float:
    """Milliseconds below which this share of the values (seconds) lies."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"
