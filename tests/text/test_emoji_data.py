"""The emoji that the picker offers are those that the server takes."""

import json
from pathlib import Path

import pytest

import hallway
from hallway.text.emoji import clean_emoji

DATA = Path(hallway.__file__).parent / "static/hallway/vendor/emojibase"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_emoji_of_the_picker_is_taken_as_it_is(language):
    groups = json.loads((DATA / f"{language}.json").read_text())
    offered = [
        sign for group in groups for one in group for sign in (one[0], *(one[3:] or [[]])[0])
    ]
    assert len(groups) == 9
    assert len(offered) > 3000
    assert [sign for sign in offered if clean_emoji(sign) != sign] == []
