"""The people of this place, for whoever runs it: roles, who is switched off, and invitations."""

from datetime import timedelta
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from hallway import access, conf
from hallway.actions import invitations, people
from hallway.errors import AuthorNotFound, HallwayError, NotAllowed, NotFound
from hallway.live.hub import is_here
from hallway.models import Author
from hallway.queries.people import everybody, open_invitations, person

from .page import IdentifiedPage
from .room import zone_named

# When somebody was here is noted every five minutes, so nothing finer is told.
JUST_NOW = timedelta(minutes=10)


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class PeopleView(IdentifiedPage):
    """For owners and admins; the others are told that they may not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request)

    def show(self, request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
        if not access.can_see_people(self.author):
            raise NotAllowed
        context = {
            "page": "people",
            "me": self.author,
            "problem": problem,
            "people": [_row(self.author, author) for author in everybody()],
            "invitations": [
                {"it": invitation, "link": (link := _link(request, invitation)), "qr": qr(link)}
                for invitation in (open_invitations() if conf.get().ACCOUNTS else [])
            ],
            "accounts": conf.get().ACCOUNTS,
            "can_see_people": True,
        }
        return render(request, "hallway/people.html", context, status=status)


class PersonView(PeopleView):
    def get(self, request: HttpRequest, author_id: int) -> HttpResponse:  # type: ignore[override]
        """This address only takes what the page sends."""
        return HttpResponseRedirect(reverse("hallway:people"))

    def post(self, request: HttpRequest, author_id: int) -> HttpResponse:
        """Give a role, switch off or on: `role`, or `active` as on or off."""
        if not access.can_see_people(self.author):
            raise NotAllowed
        author = person(author_id)
        if author is None:
            raise AuthorNotFound
        try:
            if "role" in request.POST:
                people.give_role(self.author, author, request.POST["role"])
            elif request.POST.get("active") == "off":
                people.deactivate(self.author, author)
            elif request.POST.get("active") == "on":
                people.reactivate(self.author, author)
        except HallwayError as error:
            return self.show(request, str(error), error.status)
        return HttpResponseRedirect(f"{reverse('hallway:people')}#person-{author_id}")


@method_decorator(never_cache, name="dispatch")
class CardView(IdentifiedPage):
    def get(self, request: HttpRequest, author_id: int) -> HttpResponse:
        """Who somebody is, for the page's script to open over what it was asked from."""
        author = person(author_id)
        if author is None:
            raise AuthorNotFound
        me, is_known = self.author, access.can_see_presence(self.author, author)
        context = {
            "author": author,
            "is_me": author.pk == me.pk,
            "zone": zone_named(author.time_zone),
            "now": timezone.now(),
            "is_known": is_known,
            "is_here": is_known and is_here(author.pk),
            "just_now": timezone.now() - author.last_seen_at < JUST_NOW,
            "can_write": access.can_write_to(me, author),
            "can_moderate": author.pk != me.pk and access.can_see_people(me),
        }
        return render(request, "hallway/_fragments/card.html", context)


class InvitationsView(PeopleView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("hallway:people"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make an invitation."""
        if not conf.get().ACCOUNTS:
            raise NotFound
        numbers = {name: request.POST.get(name, "") for name in ("days", "uses")}
        given = {name: int(text) for name, text in numbers.items() if text.isdecimal()}
        invitations.invite(self.author, **given)
        return HttpResponseRedirect(f"{reverse('hallway:people')}#invitations")


class InvitationView(PeopleView):
    def get(self, request: HttpRequest, number: int) -> HttpResponse:  # type: ignore[override]
        return HttpResponseRedirect(reverse("hallway:people"))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Revoke it."""
        invitations.revoke(self.author, number)
        return HttpResponseRedirect(f"{reverse('hallway:people')}#invitations")


def qr(link: str) -> SafeString:
    """The link as a picture for a phone's camera, inline."""
    drawn = segno.make(link, error="m").svg_inline(scale=4, border=2, omitsize=True)
    return mark_safe(drawn)  # noqa: S308  paths and numbers, drawn by segno


def _link(request: HttpRequest, invitation: Any) -> str:
    path = reverse("hallway:join", args=[invitations.token_of(invitation)])
    return request.build_absolute_uri(path)


def _row(me: Author, author: Author) -> dict[str, Any]:
    roles = [
        role
        for role in (Author.Role.OWNER, Author.Role.ADMIN, Author.Role.MEMBER, Author.Role.GUEST)
        if access.can_give_role(me, author, role)
    ]
    return {
        "author": author,
        "roles": roles if len(roles) > 1 else [],
        "can_deactivate": access.can_deactivate(me, author),
        "can_ban": access.can_ban(me, author),
    }
