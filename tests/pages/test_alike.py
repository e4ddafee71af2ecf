"""Who has an account is told to nobody: answers are alike, and as much is done for each."""

from collections import Counter
from statistics import median
from time import process_time

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from hallway import limits
from hallway.actions import moderation, people
from hallway.pages import letters
from tests.people import make_member, make_owner

KNOWN, UNKNOWN = "ada@example.org", "eve@example.org"
OFF, BANNED = "bob@example.org", "cob@example.org"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, static_files):
    monkeypatch.setattr(limits, "_attempts", limits.Limiter(seconds=180))
    monkeypatch.setattr(limits, "ATTEMPTS", 10_000)


@pytest.fixture
def house(hallway):
    ada, bob, cob = make_owner("Ada"), make_member("Bob"), make_member("Cob")
    people.deactivate(ada, bob)
    moderation.ban(ada, cob)
    return ada


@pytest.fixture
def done(monkeypatch):
    """How many passwords were hashed, and letters handed to be written and sent."""
    done: Counter[str] = Counter()
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        done["hashed"] += 1
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    monkeypatch.setattr(letters, "_begin", lambda *_: done.update(["letters"]))
    return done


def sign_in(email, password="wrong"):
    return Client().post("/sign-in/", {"email": email, "password": password})


def ask_for_a_letter(email):
    return Client().post("/password/", {"email": email})


def told(answer, email):
    """All of an answer but what differs between any two: tokens, and what was typed."""
    token = answer.cookies["csrftoken"].value if "csrftoken" in answer.cookies else "-"
    form = answer.context["csrf_token"]
    text = answer.text.replace(str(form), "-").replace(email, "-").replace(token, "-")
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    policy = headers.get("Content-Security-Policy", "")
    nonce = policy.partition("'nonce-")[2].partition("'")[0] or "-"
    headers["Content-Security-Policy"] = policy.replace(nonce, "-")
    return answer.status_code, headers, text.replace(nonce, "-")


@pytest.mark.parametrize("call", [sign_in, ask_for_a_letter])
def test_the_answer_is_the_same_and_as_much_is_done_for_it(house, done, call):
    answers, work = [], []
    for email in (KNOWN, UNKNOWN, OFF, BANNED):
        done.clear()
        answers.append(told(call(email), email))
        work.append(dict(done))
    assert all(answer == answers[0] for answer in answers)
    assert work == [{"hashed": 1} if call is sign_in else {"letters": 1}] * 4


@pytest.mark.parametrize("call", [sign_in, ask_for_a_letter])
def test_it_costs_the_database_as_much(house, done, call, count_queries):
    costs = [count_queries(lambda email=email: call(email)) for email in (KNOWN, UNKNOWN)]
    assert costs[0] == costs[1]


@pytest.mark.parametrize("call", [sign_in, ask_for_a_letter])
def test_it_takes_as_long(house, done, call, settings, monkeypatch):
    """The counts above are exact; this is for work that nobody counts.

    The processor's time of one beside the other, turn and turn about: whoever else uses the machine
    slows both of a pair, and the median of many pairs forgets the rest.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    # Most of a request still: one that is not hashed would be five times as quick.
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 100_000)
    for user in User.objects.all():
        user.set_password("correct horse")
        user.save()

    def seconds(email: str) -> float:
        began = process_time()
        call(email)
        return process_time() - began

    rounds = 31 if call is sign_in else 101
    seconds(KNOWN), seconds(UNKNOWN)
    ratios = []
    for number in range(rounds):
        first, second = (KNOWN, UNKNOWN) if number % 2 else (UNKNOWN, KNOWN)
        took = {email: seconds(email) for email in (first, second)}
        ratios.append(took[KNOWN] / took[UNKNOWN])
    ratio = median(ratios)
    print(f"{call.__name__}: known / unknown = {ratio:.3f} over {rounds}")  # noqa: T201
    assert 0.8 < ratio < 1.25


def test_the_letter_itself_tells_only_its_reader(house, monkeypatch):
    monkeypatch.setattr(letters, "_begin", letters.send)
    for email in (KNOWN, UNKNOWN, OFF, BANNED):
        ask_for_a_letter(email)
    assert [letter.to for letter in mail.outbox] == [[KNOWN]]


def test_who_is_banned_is_told_so_after_the_right_password_and_nobody_else(house):
    told_why = sign_in(BANNED, "correct horse")
    assert told_why.status_code == 403
    assert "You have been banned from here." in told_why.text
    for email, password in ((BANNED, "wrong"), (OFF, "correct horse"), (UNKNOWN, "correct horse")):
        answer = sign_in(email, password)
        assert answer.status_code == 403
        assert "banned" not in answer.text
