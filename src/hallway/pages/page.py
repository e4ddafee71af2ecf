"""What every page begins with."""

from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views import View

from hallway.errors import HallwayError, MethodNotAllowed
from hallway.identity import author_of
from hallway.models import Author
from hallway.problems import database_problem

from .errors import error_page


class Page(View):
    """Shows Hallway's own errors as pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except HallwayError as error:
            return self.show_error(request, error)
        except DatabaseError as error:
            return self.show_error(request, database_problem(error))

    def show_error(self, request: HttpRequest, error: HallwayError) -> HttpResponse:
        return error_page(request, error)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        known = (name for name in self.http_method_names if hasattr(self, name))
        raise MethodNotAllowed(allow=tuple(name.upper() for name in known))


class IdentifiedPage(Page):
    """A page for those who told their name; the others are led to the lobby."""

    author: Author

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            author = author_of(request)
        except HallwayError as error:
            return self.show_error(request, error)
        except DatabaseError as error:
            return self.show_error(request, database_problem(error))
        if author is None:
            return self.refuse(request)
        self.author = author
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, request: HttpRequest) -> HttpResponseBase:
        lobby = reverse("hallway:lobby")
        if request.method == "GET" and request.path != reverse("hallway:home"):
            lobby += "?" + urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(lobby)
