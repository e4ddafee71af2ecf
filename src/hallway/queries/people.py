"""Who there is, and where somebody is signed in."""

from hallway.models import Author, Invitation, SignIn

# More than a page of people is a list nobody reads; the search of the API goes on from there.
MOST_PEOPLE = 500


def everybody() -> list[Author]:
    """Everybody who has not left, by name. One statement."""
    people = Author.objects.present().select_related("user")
    return list(people.order_by("name_key")[:MOST_PEOPLE])


def person(author_id: int) -> Author | None:
    return Author.objects.present().select_related("user").filter(pk=author_id).first()


def sign_ins_of(author: Author) -> list[SignIn]:
    """The newest first."""
    return list(SignIn.objects.filter(author=author).order_by("-pk"))


def open_invitations() -> list[Invitation]:
    """Those that still let somebody in, the newest first."""
    return list(Invitation.objects.open().select_related("made_by").order_by("-pk"))
