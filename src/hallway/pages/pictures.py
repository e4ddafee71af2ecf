"""Pictures of people, for those who are in."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hallway.actions.profiles import picture_path
from hallway.errors import CrossSite, NotFound, NotSignedIn
from hallway.models import Author

from .page import IdentifiedPage


class PictureView(IdentifiedPage):
    def get(self, request: HttpRequest, author_id: int, picture: str) -> HttpResponse:
        """The one this author has now; an address that is out of date leads nowhere."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise CrossSite
        if not Author.objects.filter(pk=author_id, picture=picture).exists():
            raise NotFound
        try:
            with default_storage.open(picture_path(author_id, picture)) as file:
                content = file.read()
        except OSError as error:
            raise NotFound from error
        return HttpResponse(
            content,
            content_type="image/webp",
            headers={
                # The address changes with the picture. Only for the browser of who asked.
                "Cache-Control": "private, max-age=31536000, immutable",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Content-Disposition": "inline",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )

    def refuse(self, request: HttpRequest) -> HttpResponseBase:
        return self.show_error(request, NotSignedIn())
