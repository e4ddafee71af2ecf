"""Who runs the place: the first owner, roles, and switching somebody off."""

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from hallway import access, conf
from hallway.errors import AuthorNotFound, HasAnOwner, InvalidRole, LastOwner, NotAllowed, NotFound
from hallway.events import log
from hallway.events.kinds import AccessChanged
from hallway.models import Act, Author, Ban, Invitation

from . import audit
from .accounts import rooms_of, tell_renamed
from .members import hand_over, present, take_out_of_closed
from .new_accounts import NewAccount, give_site_rights, open_account
from .sign_ins import end_all


def first_run_secret() -> str:
    """What the link to the first-run page ends in.

    Made from the secret key and the epoch, so it needs no storing: the server prints it, and it is
    worth nothing once there is an owner. See docs/decisions/first-run.md.
    """
    return salted_hmac("hallway.first-run", log.span().epoch, algorithm="sha256").hexdigest()[:40]


def has_owner() -> bool:
    return Author.objects.filter(role=Author.Role.OWNER).exists()


def check_first_run(secret: str) -> None:
    """Raise `NotFound` unless this is the secret, and there is nobody who owns the place."""
    if not constant_time_compare(secret, first_run_secret()) or has_owner():
        raise NotFound


def make_first_owner(new: NewAccount, *, guest: Author | None = None) -> Author:
    """Make somebody the owner of a chat that has none. Of many at once exactly one wins."""
    with log.write():
        if has_owner():
            raise HasAnOwner
        return _make_owner(new, guest)


def make_another_owner(new: NewAccount) -> Author:
    """For the operator, who has the database anyway."""
    with log.write():
        return _make_owner(new, None)


def _make_owner(new: NewAccount, guest: Author | None) -> Author:
    author = open_account(new, role=Author.Role.OWNER, guest=guest)
    tell_renamed(author)
    log.append(AccessChanged(), author=author)
    return author


def give_role(actor: Author, author: Author, role: str) -> Author:
    """Make somebody owner, admin or member; or a guest, whose closed rooms end at once."""
    if role not in Author.Role.values:
        raise InvalidRole
    wanted = Author.Role(role)
    with log.write():
        actor, author = present(actor), known(author)
        if not access.can_give_role(actor, author, wanted):
            raise NotAllowed
        if wanted == author.role:
            return author
        _keep_an_owner(author)
        author.role = wanted
        author.save(update_fields=["role"])
        # In a host project the flags of its accounts are its own business.
        if author.user is not None and conf.get().ACCOUNTS:
            give_site_rights(author.user, wanted)
        if not access.can_invite(author):
            _revoke_invitations(author)
        if author.is_guest:
            take_out_of_closed(author)
        audit.note(Act.Kind.ROLE_GIVEN, actor, about=author, detail=wanted.value)
        tell_renamed(author)
        log.append(AccessChanged(), author=author)
    return author


def deactivate(actor: Author, author: Author) -> Author:
    """Switch somebody off: their streams and sessions end, what they said stays."""
    with log.write():
        actor, author = present(actor), known(author)
        if not access.can_deactivate(actor, author):
            raise NotAllowed
        if author.deactivated_at is None:
            switch_off(author)
            audit.note(Act.Kind.SWITCHED_OFF, actor, about=author)
    return author


def reactivate(actor: Author, author: Author) -> Author:
    """Let somebody in again."""
    with log.write():
        actor, author = present(actor), known(author)
        if not access.can_deactivate(actor, author):
            raise NotAllowed
        if author.deactivated_at is not None:
            Ban.objects.filter(author=author, lifted_at=None).update(lifted_at=timezone.now())
            switch_on(author)
            audit.note(Act.Kind.SWITCHED_ON, actor, about=author)
    return author


# --- what other actions use, inside their own transaction -----------------------------------------


def switch_off(author: Author) -> None:
    if author.deactivated_at is not None:
        return
    _keep_an_owner(author)
    author.deactivated_at = timezone.now()
    author.save(update_fields=["deactivated_at"])
    _switch_account(author, on=False)
    _revoke_invitations(author)
    # Their rows go too: switched on again, nobody is still signed in somewhere.
    end_all(author)
    for room in rooms_of(author):
        hand_over(room)


def switch_on(author: Author) -> None:
    author.deactivated_at = None
    author.save(update_fields=["deactivated_at"])
    _switch_account(author, on=True)


def anybody(author: Author) -> Author:
    """The author as the database knows them now, gone or not."""
    return Author.objects.select_related("user").get(pk=author.pk)


def known(author: Author) -> Author:
    """The author as the database knows them now; who has left is no part of the place."""
    found = Author.objects.present().select_related("user").filter(pk=author.pk).first()
    if found is None:
        raise AuthorNotFound
    return found


def _keep_an_owner(author: Author) -> None:
    """An owner may only stop being one while there is another who can come in."""
    if author.is_owner and not Author.objects.owners().exclude(pk=author.pk).exists():
        raise LastOwner


def _switch_account(author: Author, *, on: bool) -> None:
    """Hallway's own accounts go with it; those of a host project are its own business."""
    if author.user is not None and conf.get().ACCOUNTS:
        author.user.is_active = on
        author.user.save(update_fields=["is_active"])


def _revoke_invitations(author: Author) -> None:
    """Who may not invite any more has no link left that lets somebody in."""
    Invitation.objects.open().filter(made_by=author).update(revoked_at=timezone.now())
