"""What the picker of emoji is made of: its words, its looks, and where its data lies.

Fetched when it is first opened; the page of a room says nothing of it.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from .page import IdentifiedPage


class EmojiView(IdentifiedPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        names = "zh" if (get_language() or "").startswith("zh") else "en"
        context = {"names": f"hallway/vendor/emojibase/{names}.json"}
        return render(request, "hallway/_fragments/emoji.html", context)
