"""Who is called by name."""

from hallway.actions import accounts, messages
from hallway.models import Mention, Message


def say(author, room, text):
    return messages.post_message(author, room, source=text)[0]


def test_a_name_behind_an_at_is_a_mention(joe, zoe, hallway):
    message = say(joe, hallway, "ask @Zoe, please")
    assert message.mention_ids == [zoe.pk]
    html = f'<p>ask <span class="mention" data-author="{zoe.pk}">@Zoe</span>, please</p>'
    assert message.html == html
    assert Mention.objects.get().author == zoe


def test_names_with_spaces_and_of_any_case_are_found_the_longest_first(joe, hallway):
    maya = accounts.enter_as_guest("Maya")
    okafor = accounts.enter_as_guest("Maya Okafor")
    message = say(joe, hallway, "@maya okafor and @MAYA: hi")
    assert message.mention_ids == [okafor.pk, maya.pk]


def test_code_addresses_and_strangers_are_no_mentions(joe, zoe, hallway):
    message = say(joe, hallway, "`@Zoe` joe@Zoe.org https://x.org/@Zoe @Nobody \\@Zoe @")
    assert message.mention_ids == []
    assert "mention" not in message.html


def test_chinese_needs_no_blank_before_an_at(joe, zoe, hallway):
    assert say(joe, hallway, "你好@Zoe 看看").mention_ids == [zoe.pk]
    assert say(joe, hallway, "问一下，@Zoe").mention_ids == [zoe.pk]
    assert say(joe, hallway, "é@Zoe").mention_ids == []


def test_nobody_is_called_into_a_room_they_may_not_read(joe, zoe, maya, kitchen):
    message = say(joe, kitchen, "@Zoe must not know, @maya")
    assert message.mention_ids == [maya.pk]


def test_an_edit_calls_others_and_a_deletion_nobody(joe, zoe, maya, hallway):
    message = say(joe, hallway, "@Zoe")
    message = messages.edit_message(joe, message, source="@maya")
    assert message.mention_ids == [maya.pk]
    assert [mention.author for mention in Mention.objects.all()] == [maya]
    messages.delete_message(joe, message)
    assert not Mention.objects.exists()
    assert Message.objects.get().mention_ids == []


def test_what_looks_like_a_mention_in_the_text_is_text(joe, zoe, hallway):
    message = say(joe, hallway, f'<span class="mention" data-author="{zoe.pk}">@joke</span>')
    assert "<span" not in message.html


def test_a_mention_costs_one_statement_to_find_and_none_without(joe, zoe, hallway, count_queries):
    without = count_queries(lambda: say(joe, hallway, "nobody"))
    assert count_queries(lambda: say(joe, hallway, "nobody again")) <= without
    one = count_queries(lambda: say(joe, hallway, "@Zoe"))
    assert count_queries(lambda: say(joe, hallway, "@Zoe @Joe @Zoe")) == one
