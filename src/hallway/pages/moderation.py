"""What was reported, who is kept out, and what was done: for whoever runs the place."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from hallway import access
from hallway.actions import moderation as actions
from hallway.errors import HallwayError, NotAllowed
from hallway.queries import moderation as queries
from hallway.queries.directory import author_for, rooms_of

from .page import IdentifiedPage
from .room import UTC, zone_of
from .rows import draw

# How long somebody is kept out, as the form offers it: hours, or for good.
TERMS = {
    "1": _("for an hour"),
    "24": _("for a day"),
    "168": _("for a week"),
    "": _("for good"),
}


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class ModerationView(IdentifiedPage):
    """For owners and admins; the others are told that they may not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request)

    def show(self, request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
        check(self)
        before = request.GET.get("before", "")
        acts, has_more = queries.acts(
            self.author, before=int(before) if before.isdecimal() and len(before) < 19 else None
        )
        zone = zone_of(request, self.author) or UTC
        readable = {room.pk for room in rooms_of(self.author)}
        context = {
            "page": "moderation",
            "me": self.author,
            "problem": problem,
            "reported": [
                {
                    "message": one.message,
                    "drawn": draw(one.message, zone),
                    "reports": one.reports,
                    "is_readable": one.message.room_id in readable,
                    "can_ban": access.can_ban(self.author, one.message.author),
                }
                for one in queries.reported()
            ],
            "bans": queries.bans(),
            "acts": acts,
            "older": acts[-1].pk if has_more else None,
            "zone": zone,
            "can_see_people": True,
        }
        return render(request, "hallway/moderation.html", context, status=status)


class ReportView(ModerationView):
    def get(self, request: HttpRequest, message_id: int) -> HttpResponse:  # type: ignore[override]
        """This address only takes what the page sends."""
        return HttpResponseRedirect(reverse("hallway:moderation"))

    def post(self, request: HttpRequest, message_id: int) -> HttpResponse:
        """Delete a reported message, or leave it as it is: `verdict` is delete or dismiss."""
        check(self)
        try:
            if request.POST.get("verdict") == "delete":
                actions.delete_reported(self.author, message_id)
            elif request.POST.get("verdict") == "dismiss":
                actions.dismiss_reports(self.author, message_id)
        except HallwayError as error:
            return self.show(request, str(error), error.status)
        return HttpResponseRedirect(reverse("hallway:moderation"))


class BanView(ModerationView):
    def get(self, request: HttpRequest, author_id: int) -> HttpResponse:  # type: ignore[override]
        """The question before it: for how long, and whether what they said goes too."""
        check(self)
        author = author_for(author_id)
        if not access.can_ban(self.author, author):
            raise NotAllowed
        context = {
            "page": "moderation",
            "me": self.author,
            "author": author,
            "terms": TERMS,
            "can_see_people": True,
        }
        return render(request, "hallway/ban.html", context)

    def post(self, request: HttpRequest, author_id: int) -> HttpResponse:
        """Ban: `hours` (blank: for good) and `messages` to delete theirs; or `lift` the ban."""
        check(self)
        author = author_for(author_id)
        try:
            if "lift" in request.POST:
                actions.unban(self.author, author)
            elif (hours := request.POST.get("hours")) in TERMS:
                until = timezone.now() + timedelta(hours=int(hours)) if hours else None
                actions.ban(self.author, author, until=until)
                if "messages" in request.POST:
                    actions.delete_all_messages(self.author, author)
        except HallwayError as error:
            return self.show(request, str(error), error.status)
        return HttpResponseRedirect(f"{reverse('hallway:moderation')}#bans")


def check(view: IdentifiedPage) -> None:
    if not access.can_moderate(view.author):
        raise NotAllowed
