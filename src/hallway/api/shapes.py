"""What an operation answers, as the OpenAPI document tells it."""

from typing import Any

from ninja.responses import codes_4xx, codes_5xx

from .schemas import ProblemOut


def answers(successes: dict[int, Any]) -> dict[Any, Any]:
    """The given answers, and a problem document for everything else."""
    return {**successes, codes_4xx: ProblemOut, codes_5xx: ProblemOut}
