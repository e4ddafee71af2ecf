"""Rooms and conversations made, changed and closed by people with a screen."""

from itertools import count

from playwright.sync_api import expect

_numbers = count(1)


def dialog(person, name):
    return person.page.get_by_role("dialog", name=name)


def open_room(person, name, kind="Open"):
    person.page.get_by_role("button", name="New room").click()
    form = dialog(person, "New room")
    form.get_by_label("Name").fill(name)
    form.get_by_label(kind).check()
    form.get_by_role("button", name="Create room").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(name)
    return person.awake().page.url.rstrip("/").rpartition("/")[2]


def details(person):
    person.page.get_by_role("button", name="Room details").click()
    return person.page.locator("#room-details")


def as_painted(person):
    """The sidebar as it is, and as a fresh page shows it."""
    live = person.page.locator(".doors").evaluate("one => one.innerText")
    person.reload()
    return live, person.page.locator(".doors").evaluate("one => one.innerText")


def test_a_private_room_is_made_and_somebody_let_in_and_taken_out(lea, ana, maya):
    for person in (lea, ana, maya):
        person.visit()
    name = f"Pantry {next(_numbers)}"
    slug = open_room(lea, name, "Private")
    panel = details(lea)
    panel.get_by_label("Add somebody").fill(ana.name)
    panel.get_by_role("button", name=ana.name, exact=True).click()
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(ana.door(slug).locator(".door-name")).to_have_text(name)
    expect(maya.door(slug)).to_have_count(0)
    ana.door(slug).click()
    ana.awake().write("thank you")
    expect(lea.row("thank you")).to_be_visible()
    panel.get_by_role("button", name=f"Remove {ana.name}").click()
    expect(ana.page).not_to_have_url(f"{ana.url}/rooms/{slug}/")
    expect(ana.door(slug)).to_have_count(0)
    live, painted = as_painted(ana)
    assert live == painted


def test_a_guest_has_no_button_for_new_rooms_and_conversations(joe):
    joe.visit()
    for name in ("New room", "New message"):
        expect(joe.page.get_by_role("button", name=name)).to_have_count(0)


def test_a_conversation_is_started_and_answered(lea, ana, room):
    lea.visit(room)
    ana.visit(room)
    lea.page.get_by_role("button", name="New message").click()
    form = dialog(lea, "New message")
    expect(form.get_by_role("button", name="Start")).to_be_disabled()
    form.get_by_label("To whom?").fill(ana.name[:-1])
    form.get_by_role("checkbox", name=ana.name, exact=True).check()
    form.get_by_role("button", name="Start").click()
    expect(lea.page.get_by_role("heading", level=1)).to_have_text(ana.name)
    lea.awake().write("psst")
    expect(ana.directs.first.locator(".door-name")).to_have_text(lea.name)
    expect(ana.directs.first.locator(".door-count")).to_have_text("1")
    live, painted = as_painted(ana)
    assert live == painted
    ana.directs.first.click()
    ana.awake().sees("psst")
    ana.write("yes?")
    lea.sees("psst", "yes?")


def test_conversations_are_in_the_order_of_their_latest_message(lea, ana, ben, room):
    ids = {person.name: person.http.http.get("/api/me").json()["id"] for person in (ana, ben)}
    slugs = {
        name: lea.http.send("POST", "/api/direct", json={"authors": [author]}).json()["slug"]
        for name, author in ids.items()
    }
    lea.visit(room)
    names = lea.directs.locator(".door-name")
    for first, second in ((ana, ben), (ben, ana)):
        first.say("me", room=slugs[first.name])
        expect(names).to_have_text([first.name, second.name])
    lea.reload()
    expect(names).to_have_text([ben.name, ana.name])


def test_a_room_is_renamed_and_described_on_every_screen(lea, joe):
    lea.visit()
    slug = open_room(lea, f"Shed {next(_numbers)}")
    joe.visit(slug)
    panel = details(lea)
    new = f"Tool shed {next(_numbers)}"
    panel.get_by_label("Name").fill(new)
    panel.get_by_label("What is it for?").fill("Rakes & <b>spades</b>")
    panel.get_by_role("button", name="Save").click()
    for person in (joe, lea):
        expect(person.page.get_by_role("heading", level=1)).to_have_text(new)
        expect(person.page.locator("#room-about")).to_have_text("Rakes & <b>spades</b>")
        expect(person.door(slug).locator(".door-name")).to_have_text(new)
        expect(person.page).to_have_title(f"{new} · Hallway")
    expect(panel.get_by_label("Name")).to_have_value(new)


def test_where_managers_post_and_in_the_archive_the_box_goes_and_comes_back(lea, joe):
    lea.visit()
    slug = open_room(lea, f"News {next(_numbers)}")
    joe.visit(slug)
    panel = details(lea)
    panel.get_by_label("Who may post").select_option("Only managers")
    panel.get_by_role("button", name="Save").click()
    expect(joe.page.get_by_text("Only those who manage this room post here.")).to_be_visible()
    expect(joe.box).to_be_hidden()
    panel.get_by_role("button", name="Archive room").click()
    for person in (joe, lea):
        expect(person.page.locator("#closed-archived")).to_be_visible()
        expect(person.box).to_be_hidden()
    panel.get_by_label("Who may post").select_option("Everyone")
    panel.get_by_role("button", name="Bring back").click()
    expect(lea.box).to_be_visible()


def test_a_deleted_room_closes_on_every_screen_after_a_question(lea, joe):
    lea.visit()
    slug = open_room(lea, f"Folly {next(_numbers)}")
    joe.visit(slug)
    details(lea).get_by_role("button", name="Delete room…").click()
    question = dialog(lea, "Delete this room?")
    question.get_by_role("button", name="Keep it").click()
    expect(joe.door(slug)).to_be_visible()
    details(lea).get_by_role("button", name="Delete room…").click()
    question.get_by_role("button", name="Delete room").click()
    for person in (joe, lea):
        expect(person.page).to_have_url(f"{person.url}/rooms/hallway/")
        expect(person.door(slug)).to_have_count(0)


def test_a_room_is_joined_left_and_silenced(lea, joe):
    lea.visit()
    slug = open_room(lea, f"Choir {next(_numbers)}")
    joe.visit(slug)
    joe.page.get_by_role("button", name="Join").click()
    expect(joe.page.get_by_role("button", name="Join")).to_be_hidden()
    expect(joe.door(slug)).to_have_attribute("data-joined", "member")
    tab = joe.new_tab("hallway")
    panel = details(joe)
    panel.get_by_label("Tell me about").select_option("Nothing")
    expect(tab.door(slug)).to_have_attribute("data-level", "nothing")
    joe.visit("hallway")
    lea.say("la la la", room=slug)
    expect(tab.door(slug)).to_have_attribute("data-unread", "1")
    expect(tab.door(slug).locator(".door-news")).to_be_hidden()
    joe.visit(slug)
    details(joe).get_by_role("button", name="Leave room").click()
    expect(joe.page.get_by_role("button", name="Join")).to_be_visible()
    expect(tab.door(slug)).not_to_have_attribute("data-joined", "member")


def test_who_was_offline_when_a_room_was_lost_does_not_keep_it(lea, account, cable, watch):
    watch.allow_faults()
    joe = account(url=cable.url)
    lea.visit()
    slug = open_room(lea, f"Vault {next(_numbers)}", "Private")
    author = joe.http.http.get("/api/me").json()["id"]
    address = f"/api/rooms/{slug}/members/{author}"
    assert lea.http.send("PUT", address).status_code == 204
    joe.visit()
    expect(joe.door(slug)).to_be_visible()
    cable.black_hole()
    assert lea.http.send("DELETE", address).status_code == 204
    cable.clear()
    cable.cut()
    expect(joe.door(slug)).to_have_count(0, timeout=30_000)
