"""A page as the tutorial has its readers write it works here unchanged."""

import re

import pytest
from playwright.sync_api import expect

HTML = "text/html"
PAGE = """
<!doctype html>
<html lang="en">
<title>Lobby</title>
<link rel="icon" href="data:,">
<div id="sse-data"></div>
<form id="message-form">
  <input type="hidden" name="csrfmiddlewaretoken" value="CSRF_TOKEN">
  <textarea name="content" id="id_content"></textarea>
  <button>Send</button>
</form>
<script>
  let eventSource;
  const sseData = document.getElementById('sse-data');

  function startSSE() {
    eventSource = new EventSource('/stream-chat-messages/');
    eventSource.onmessage = event => {
      const data = JSON.parse(event.data);
      const messageHTML = `
        <div class="message-box">
          <div class="message-author">${data.author__name}</div>
          <div class="message-content">${data.content}</div>
        </div>`;
      sseData.innerHTML += messageHTML;
    };
  }
  if (typeof (EventSource) !== 'undefined') startSSE();
  else sseData.innerHTML = 'Whoops! Your browser does not receive server-sent events.';

  document.getElementById('message-form').addEventListener('submit', submitForm);
  function submitForm(event) {
    event.preventDefault();
    const formData = new FormData(event.target);
    const csrftoken = document.querySelector('[name=csrfmiddlewaretoken]').value;
    fetch('/create-message/', {
      method: 'POST', body: formData, headers: {'X-CSRFToken': csrftoken},
    })
      .then(response => response.json())
      .then(data => {
        document.title = `answered ${JSON.stringify(data)}`;
        document.getElementById('id_content').value = '';
      })
      .catch(error => console.error('Error:', error));
  }
</script>
</html>
"""


@pytest.fixture
def tutorial():
    """Serves the page at the server's own origin, with the token of the visitor's cookie."""

    def open_page(visitor):
        cookies = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}
        html = PAGE.replace("CSRF_TOKEN", cookies["csrftoken"])
        address = f"{visitor.url}/chat/"
        visitor.page.route(
            address, lambda route: route.fulfill(content_type="text/html", body=html)
        )
        visitor.page.goto(address)
        return visitor.page

    return open_page


def test_a_page_written_the_tutorials_way_sends_and_receives(maya, joe, tutorial):
    joe.http.say("from before")
    pages = [tutorial(maya), tutorial(joe)]
    for page in pages:
        expect(page.locator(".message-content", has_text="from before")).to_have_count(1)
    for number, page in enumerate(pages):
        page.locator("#id_content").fill(f"tutorial {number}")
        page.get_by_role("button", name="Send").click()
        expect(page).to_have_title(re.compile(f'"content":"tutorial {number}"'))
        expect(page.locator("#id_content")).to_have_value("")
    for page in pages:
        for number, name in enumerate(("Maya", "Joe")):
            box = page.locator(".message-box", has_text=f"tutorial {number}")
            expect(box).to_have_count(1)
            expect(box.locator(".message-author")).to_have_text(name)


def test_tutorial_and_room_page_are_the_same_conversation(maya, joe, tutorial):
    page = tutorial(maya)
    joe.visit()
    page.locator("#id_content").fill("from the tutorial")
    page.get_by_role("button", name="Send").click()
    expect(joe.row("from the tutorial").last).to_be_visible()
    joe.write("from the room")
    expect(page.locator(".message-content", has_text="from the room")).to_have_count(1)


def test_an_empty_message_is_answered_in_json_as_well(maya, tutorial):
    page = tutorial(maya)
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_title("answered {}")


def test_a_tutorial_page_that_lost_its_connection_has_no_message_missing(
    far_maya, joe, tutorial, cable
):
    page = tutorial(far_maya)
    joe.http.say("before the cut")
    expect(page.locator(".message-content", has_text="before the cut")).to_have_count(1)
    cable.cut()
    joe.http.say("after the cut")
    expect(page.locator(".message-content", has_text="after the cut")).not_to_have_count(0)
