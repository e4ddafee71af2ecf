"""What people write stays text: in messages and names, as it is typed, live and painted."""

import pytest
from playwright.sync_api import expect

from hallway.errors import HallwayError
from hallway.text import clean_name, clean_source, name_key
from tests.corpus import xss
from tests.text.allowlist import strangers
from tests.wire import until

BODIES = "#rows .message .body"
# Every element and attribute of the rows that no message can bring.
DRAWN = """
() => {
  const found = new Set();
  const look = element => {
    found.add(element.localName);
    for (const { name } of element.attributes) found.add(`${element.localName} ${name}`);
    if (!element.matches(".body")) for (const child of element.children) look(child);
  };
  look(document.querySelector("#rows"));
  return [...found].sort();
}
"""
# Set by scripts of the corpus that came through, or by elements with a name.
TRACES = """
() => {
  const clean = document.createElement("iframe");
  document.body.append(clean);
  const usual = new Set(Object.getOwnPropertyNames(clean.contentWindow));
  clean.remove();
  return Object.getOwnPropertyNames(window).filter(name => !usual.has(name) && isNaN(name));
}
"""


def accepted(clean, texts):
    for text in texts:
        try:
            yield clean(text)
        except HallwayError:
            continue


@pytest.fixture(scope="module")
def sources():
    return list(accepted(lambda text: clean_source(text, limit=8_000), xss()))


@pytest.fixture(scope="module")
def names():
    """Cut to where they fit, each once."""
    found = {name_key(name): name for name in accepted(clean_name, (text[:50] for text in xss()))}
    return list(found.values())


@pytest.fixture(scope="module")
def hostile_room(product, staff):
    answer = staff.send("POST", "/api/rooms", json={"name": "<img src=x onerror=alert(1)>"})
    return answer.json()["slug"]


def test_the_corpus_is_as_large_as_promised(sources, names):
    assert len(sources) >= 200
    assert len(names) >= 200


@pytest.mark.timeout(180)
def test_hostile_messages_and_names_stay_text_live_and_painted(
    come, product, hostile_room, sources, names
):
    reader = come("Reader").visit(hostile_room)
    traces = reader.page.evaluate(TRACES)
    writer = product.person("Writer")
    writer.say("nothing", room=hostile_room)
    reader.sees("nothing")
    drawn = reader.page.evaluate(DRAWN)
    for name in names:
        answer = writer.send("PATCH", "/api/me", json={"name": name})
        assert answer.status_code == 200, answer.text
        assert answer.json()["name"] == name
    for source in sources:
        writer.say(source, room=hostile_room)
    name = writer.say("that was all", room=hostile_room)["author"]["name"]
    expect(reader.row("that was all")).to_have_count(1)
    live = reader.markup()
    check(reader, drawn, traces, name)

    # The writer's newest name is on all of them by now; a page painted afresh agrees.
    until(lambda: not unread(reader, hostile_room), what="the reader to have read")
    reader.reload()
    painted = reader.markup()
    assert painted == live[-len(painted) :]
    check(reader, drawn, traces, name)
    while reader.bodies.count() < 200:
        before = reader.bodies.count()
        reader.page.locator("#timeline").evaluate("one => (one.scrollTop = -one.scrollHeight)")
        expect(reader.bodies).not_to_have_count(before)
    check(reader, drawn, traces, name)
    writer.send("POST", "/leave/")


def unread(reader, slug):
    rooms = reader.http.http.get("/api/rooms").json()["rooms"]
    return next(room["unread"] for room in rooms if room["slug"] == slug)


def check(tab, drawn, traces, name):
    for html in tab.bodies.evaluate_all("all => all.map(one => one.innerHTML)"):
        assert strangers(html) == [], html
    assert tab.page.evaluate(DRAWN) == drawn
    assert tab.page.evaluate(TRACES) == traces
    assert tab.page.title().endswith("<img src=x onerror=alert(1)> · Hallway")
    assert set(tab.authors.all_inner_texts()) == {name}


@pytest.mark.timeout(120)
def test_hostile_names_of_many_people_stay_text(come, product, room, names):
    reader = come("Reader").visit(room)
    traces = reader.page.evaluate(TRACES)
    crowd = []
    for name in names[::9]:
        person = product.person(name)
        crowd.append(person)
        person.say("hello", room=room)
    expect(reader.authors).to_have_text(names[::9])
    live = reader.markup()
    reader.reload()
    assert reader.markup() == live[-40:]
    assert reader.page.evaluate(TRACES) == traces
    for person in crowd:
        person.send("POST", "/leave/")


def test_a_hostile_name_of_my_own_stays_text_in_every_corner(visitors, product, room):
    name = '"><img src=x onerror=alert(1)>'
    page = visitors.stranger(product)
    page.goto(f"/lobby/?next=/rooms/{room}/")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator(".me-name")).to_have_text(name)
    expect(page.get_by_label("Your name")).to_have_value(name)
    expect(page.locator("img")).to_have_count(0)
    page.goto("/lobby/")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Welcome back, {name}")
    expect(page.locator("img")).to_have_count(0)


def test_hostile_text_stays_text_while_it_is_typed_sent_edited_and_deleted(maya, room, sources):
    maya.visit(room)
    traces = maya.page.evaluate(TRACES)
    maya.page.route("**/messages", lambda route: None, times=1)
    some = [source for source in sources if "<" in source][::25]
    for source in some:
        maya.write(source)
    # All on their way: shown as typed.
    expect(maya.bodies).to_have_count(len(some))
    assert maya.bodies.evaluate_all("all => all.map(one => one.childElementCount)") == [0] * len(
        some
    )
    assert maya.bodies.evaluate_all("all => all.map(one => one.textContent)") == some
    assert maya.page.evaluate(TRACES) == traces


def test_hostile_text_stays_text_in_the_question_before_deleting(maya, room):
    maya.visit(room)
    text = "<img src=x onerror=alert(1)>"
    maya.write(text)
    maya.row(text).hover()
    maya.page.get_by_role("button", name="Delete").click()
    expect(maya.page.locator("#confirm-delete .dialog-quote")).to_have_text(text)
    expect(maya.page.locator("img")).to_have_count(0)


def test_a_hostile_room_stays_text_in_the_switcher(maya, hostile_room):
    maya.visit(hostile_room)
    maya.page.keyboard.press("Control+k")
    maya.page.get_by_role("combobox").fill("onerror")
    option = maya.page.get_by_role("option")
    expect(option).to_have_text("<img src=x onerror=alert(1)>")
    expect(maya.page.locator("img")).to_have_count(0)
