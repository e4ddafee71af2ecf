"""The room page, and the way to it."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from hallway import access, conf
from hallway.errors import NotSignedIn
from hallway.events import log
from hallway.live.hub import who_is_here
from hallway.models import Author, Report
from hallway.queries.directory import rooms_of
from hallway.queries.sidebar import door_to, doors_of
from hallway.queries.timeline import opening

from .language import chosen, offered
from .page import IdentifiedPage
from .rows import timeline

# Set by the page's script: the IANA name of the reader's time zone.
ZONE_COOKIE = "hallway_zone"
LAST_ROOM_COOKIE = "hallway_room"
UTC = ZoneInfo("UTC")


class HomeView(IdentifiedPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        """To the last room, or the one everybody starts in."""
        slugs = [room.slug for room in rooms_of(self.author)]
        for slug in (request.COOKIES.get(LAST_ROOM_COOKIE), conf.get().DEFAULT_ROOM, *slugs):
            if slug in slugs:
                return HttpResponseRedirect(reverse("hallway:room", args=[slug]))
        return HttpResponseRedirect(reverse("hallway:lobby"))


# The template holds the CSRF token, which is what sets its cookie.
@method_decorator(never_cache, name="dispatch")
class RoomView(IdentifiedPage):
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """A room where its reader goes on, and the position to open the stream from."""
        zone = zone_of(request, self.author)
        # Messages and position of one moment: the stream goes on exactly where the page ends.
        with log.snapshot():
            cursor = log.span().cursor
            doors = doors_of(self.author)
            door = door_to(doors, slug)
            door.is_here = True
            room = door.room
            opened = opening(
                room, self.author, read_up_to=door.read_up_to, limit=conf.get().PAGE_SIZE
            )
            messages = opened.messages
            drawn = timeline(messages, zone or UTC, reader=self.author, epoch=cursor.epoch)
        people = {message.author_id for message in messages}
        people.update(person.pk for one in doors for person in one.people)
        online = who_is_here(people - {self.author.pk}, rooms={one.room.pk for one in doors})
        context = {
            "frame_url": self.frame_url(slug),
            "me": self.author,
            "signs_out": conf.get().ACCOUNTS and self.author.user_id is not None,
            "languages": offered(),
            "chosen_language": chosen(request),
            "can_see_people": access.can_see_people(self.author),
            "reports_open": reports_waiting(self.author),
            "room": room,
            "doors": doors,
            "can_create_rooms": access.can_create_rooms(self.author),
            "here": door,
            "closed": door.closed_to(self.author),
            "timeline": drawn,
            "has_more": opened.has_older,
            "has_newer": opened.has_newer,
            "cursor": str(cursor),
            "online": " ".join(map(str, sorted(online))),
            "message_limit": conf.get().MESSAGE_LIMIT,
            "zone": zone.key if zone else "",
        }
        response = render(request, "hallway/room.html", context)
        if not context["frame_url"] and request.COOKIES.get(LAST_ROOM_COOKIE) != slug:
            response.set_cookie(
                LAST_ROOM_COOKIE, slug, max_age=365 * 86400, httponly=True, samesite="Lax"
            )
        return response

    def frame_url(self, slug: str) -> str:
        """The page's own address if it is part of another one; blank where it stands alone."""
        return ""


@method_decorator(xframe_options_sameorigin, name="dispatch")
class FrameView(RoomView):
    """The room alone, inside a page of the host project: what `{% hallway_room %}` points to."""

    def frame_url(self, slug: str) -> str:
        return reverse("hallway:frame", args=[slug])

    def refuse(self, request: HttpRequest) -> HttpResponse:
        return self.show_error(request, NotSignedIn())


class PermalinkView(IdentifiedPage):
    def get(self, request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
        """To the room, which opens around the message. Nothing is looked up here, so what a room
        hides cannot be told from what is not there."""
        room = reverse("hallway:room", args=[slug])
        return HttpResponseRedirect(f"{room}#message-{message_id}")


def reports_waiting(author: Author) -> int:
    """The badge of those who run the place; nobody else's page asks."""
    return Report.objects.waiting() if access.can_moderate(author) else 0


def zone_of(request: HttpRequest, author: Author) -> ZoneInfo | None:
    """Where this author says they are, or their browser."""
    return zone_named(author.time_zone or request.COOKIES.get(ZONE_COOKIE, ""))


def zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what ZoneInfo raises for names that are none
        return None
