"""The pictures in docs/screenshots/: every page and dialog, wide and phone, light and dark.

Run by `bin/screenshots`; not a test. Names of scenes take those alone.
"""

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server import HOUSE, serve

from .scenes import SCENES, Lived, Scene, open_scene

FOLDER = HOUSE / "docs" / "screenshots"
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
LOOKS: "tuple[Literal['light'], Literal['dark']]" = ("light", "dark")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [scene for scene in SCENES if not sys.argv[1:] or scene.name in sys.argv[1:]]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lived = Lived(stack.enter_context(serve(folder)))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for path in take(browser, lived, wanted):
            print(os.path.relpath(path))  # noqa: T201  what the script is for
        browser.close()
    write_index()


def take(browser: Browser, lived: Lived, scenes: list[Scene]) -> Iterator[Path]:
    for size, options in SIZES.items():
        for look in LOOKS:
            context = browser.new_context(
                base_url=lived.server.url, color_scheme=look, locale="en-GB", timezone_id="UTC",
                reduced_motion="reduce", **options,
            )  # fmt: skip
            page = context.new_page()
            # Outside first: whoever is signed in is led inside.
            for scene in sorted(scenes, key=lambda scene: not scene.is_outside):
                if not scene.is_outside:
                    lived.sign_in(page)
                open_scene(page, scene, lived)
                yield picture(page, f"{scene.name}-{size}-{look}")
            context.close()


def picture(page: Page, name: str) -> Path:
    """A WebP, because sixty PNGs would weigh more than the rest of the repository."""
    path = FOLDER / f"{name}.webp"
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    shot.convert("RGB").save(path, quality=82, method=6)
    return path


def write_index() -> None:
    """docs/screenshots/README.md: all of them on one page."""
    lines = ["# What Hallway looks like", "", "Taken by `bin/screenshots`, from a running server."]
    for scene in SCENES:
        lines += ["", f"## {scene.name.replace('-', ' ').capitalize()}", ""]
        lines += ["| | light | dark |", "|---|---|---|"]
        for size in SIZES:
            cells = [f"![{scene.name}, {size}, {look}]({scene.name}-{size}-{look}.webp)"
                     for look in LOOKS]  # fmt: skip
            lines.append(f"| {size} | {' | '.join(cells)} |")
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n")
