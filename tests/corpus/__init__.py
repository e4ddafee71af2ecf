"""Text that somebody who means harm would send, for every test that lets people write.

`xss.txt` holds one text a line; ⏎ stands for a line break inside it.
"""

from pathlib import Path


def xss() -> list[str]:
    """Markup, Markdown and addresses that must never run, after OWASP's filter evasion sheet."""
    lines = Path(__file__).with_name("xss.txt").read_text(encoding="utf-8").split("\n")
    return [line.replace("⏎", "\n") for line in lines if line]
