"""The tutorial's endpoint for posting, so that its page works here unchanged."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from hallway import conf
from hallway.actions.messages import post_message
from hallway.errors import EmptyMessage, HallwayError
from hallway.limits import check_posting

from .errors import error_document
from .page import IdentifiedPage


class CreateMessageView(IdentifiedPage):
    def post(self, request: HttpRequest) -> HttpResponseBase:
        """201 stored; 200 if there was nothing to store. Always JSON: the page reads it."""
        check_posting(request)
        room, content = conf.get().DEFAULT_ROOM, request.POST.get("content", "")
        try:
            message, _ = post_message(self.author, room, source=content)
        except EmptyMessage:
            return JsonResponse({}, status=200)
        return JsonResponse(
            {"id": message.pk, "author__name": message.author.name, "content": message.content},
            status=201,
        )

    def show_error(self, request: HttpRequest, error: HallwayError) -> HttpResponse:
        return error_document(error)

    def refuse(self, request: HttpRequest) -> HttpResponseBase:
        return JsonResponse({"detail": "Tell us your name first."}, status=403)
