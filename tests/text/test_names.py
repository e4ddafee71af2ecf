"""What people may be called, and when two names are the same."""

import random
import time
from unicodedata import is_normalized

import pytest

from hallway.errors import InvalidName, InvalidRoomName
from hallway.text import clean_line, clean_name, name_key, random_name
from hallway.text.names import _LOOK_ALIKE
from hallway.text.shakespeare import CHARACTERS

ALLOWED = [
    "Maya", "Jean-Luc O'Neill", "李小龙", "さくら", "김민준", "Владимир", "Ελένη", "محمد", "שרה",
    "می\u200cخواهم", "क्\u200dष", "Nguyễn Thị Hồng", "ทิพย์", "မြွှို့", "José", "Zoë 👍🏽", "👨‍👩‍👧",
    "❤️", "1️⃣", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🫩", "x", "42",
    "<b>Bobby</b>", '"; DROP TABLE', "R2-D2", "..", "𝒳", "𠮷野家", "ʃɛ̃̀", "M̈̃",
]  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_names_of_all_the_world_are_welcome(name):
    kept = clean_name(name)
    assert is_normalized("NFC", kept)
    assert name_key(kept) == name_key(name)
    assert clean_name(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Maya ", "Maya"),
        ("Maya\n", "Maya"),
        ("\ufeffMaya\u200b", "Maya"),
        ("Maya \u00a0 \u3000\tLin", "Maya Lin"),
        ("Jose\u0301", "José"),
    ],
)
def test_a_name_is_tidied(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    "name",
    [
        "", "   ", "\n", "\u200b", "\u200d", "\u3164", "\u2800", "\u115f\u1160", "\ufe0f",
        "Ma\nya", "Ma\rya", "Ma\0ya", "Ma\x1bya", "Ma\x85ya", "Ma\u2028ya", "Ma\u2029ya",
        "\u202eayaM", "Ma\u202aya", "Ma\u2066ya", "Ma\u2069ya", "Ma\u200fya", "Ma\u200bya",
        "Ma\u00adya", "Ma\ufeffya", "Ma\u2060ya", "Ma\ue000ya", "Ma\U000f0000ya", "Ma\ud800ya",
        "Ma\u0378ya", "Ma\ufffeya", "Ma\U0010ffffya", "Ma\U000e0041ya", "Ma\ufff9ya",
        "x" * 51, "M" + "\u0301" * 49, "M" + "\u0301" * 10_000, "Z̴̨̧̛̛͎͇̖͈͍͔̃̾̈́̽ä̸l̶̢̛g̷͓̔o̵",
        "\u0e01" + "\u0e34" * 20, "data: x\n\nevent: reset",
    ],
)  # fmt: skip
def test_names_that_hide_or_disturb_something_are_refused(name):
    with pytest.raises(InvalidName) as refusal:
        clean_name(name)
    assert str(refusal.value)
    assert refusal.value.status == 400


def test_fifty_characters_are_enough_for_anybody():
    assert clean_name("x" * 50) == "x" * 50
    assert clean_name("e\u0301" * 50) == "é" * 50


def test_a_room_name_says_for_itself_what_is_wrong():
    assert clean_line(" Tea  room ", limit=80, error=InvalidRoomName) == "Tea room"
    with pytest.raises(InvalidRoomName):
        clean_line("Tea\nroom", limit=80, error=InvalidRoomName)


@pytest.mark.parametrize(
    "other",
    ["maya lin", "MAYA LIN", "Maya  Lin", " Maya Lin ", "Ｍａｙａ Ｌｉｎ", "𝐌𝐚𝐲𝐚 𝐋𝐢𝐧",
     "Ma\u200dya Lin",
     "Maya\u3000Lin",
     "Мауа Lin", "Мaya Lin", "Maya Lιn", "Maya Lin\ufe0f", "ⓂⒶⓎⒶ Lin", "Maya\u00a0Lin"],
)  # fmt: skip
def test_a_name_that_looks_like_mine_is_mine(other):
    assert name_key(other) == name_key("Maya Lin")


@pytest.mark.parametrize(
    ("one", "another"),
    [("Maya", "Mayo"), ("José", "Jose"), ("Maya", "Maya 2"), ("李", "季"), ("Анна", "Инна"),
     ("Alia", "Aila"), ("MayaLin", "Maya Lin"), ("Zoë", "Zoe"), ("👍", "👎"), ("Нина", "Инна")],
)  # fmt: skip
def test_names_that_look_different_are_different(one, another):
    assert name_key(one) != name_key(another)


def test_the_same_in_capitals_and_normal_forms():
    for name in ["ß", "ŉ", "ǆ", "ΐ", "ﬁ", "Σίσυφος", "Straße", "Ωμέγα", "Ḱ", "ﷺ"]:
        assert name_key(name) == name_key(name.upper()) == name_key(name_key(name))


def test_a_key_of_any_name_fits_its_column_and_is_its_own_key():
    dice = random.Random(5)
    for _ in range(3000):
        name = "".join(chr(dice.randrange(0x20, 0x2FFF)) for _ in range(dice.randint(1, 50)))
        key = name_key(name)
        assert len(key) <= 50 * 18
        assert name_key(key[:50]) == name_key(name_key(key[:50]))
    assert len(name_key("\ufdfa" * 50)) <= 50 * 18


def test_letters_of_one_alphabet_stay_apart():
    for alphabet in (range(0x370, 0x400), range(0x400, 0x530)):
        letters = [to for letter, to in _LOOK_ALIKE.items() if letter in alphabet]
        assert len(letters) == len(set(letters))


def test_a_monstrous_name_is_refused_at_once():
    begin = time.thread_time()
    for monster in ("a\u0301\u0316" * 500_000, "x" * 2_000_000, "\u0301" * 1_000_000):
        with pytest.raises(InvalidName):
            clean_name(monster)
        name_key(monster)
    assert time.thread_time() - begin < 0.5


def test_shakespeare_lends_more_than_a_hundred_names_that_all_work():
    keys = {name_key(name) for name in CHARACTERS}
    assert len(keys) == len(CHARACTERS) >= 120
    assert all(clean_name(name) == name for name in CHARACTERS)


def test_a_random_name_is_free_even_when_all_of_shakespeare_is_here():
    taken: set[str] = set()
    for _ in range(2 * len(CHARACTERS)):
        name = random_name(taken)
        assert name_key(name) not in taken
        taken.add(name_key(clean_name(name)))
    assert name.endswith(" 2")
    assert random_name(taken).endswith(" 3")
