"""Links by which somebody becomes a member: made, revoked, and used."""

from datetime import timedelta

from django.core import signing
from django.utils import timezone

from hallway import access
from hallway.errors import InvalidParameters, InvitationNotFound, NotAllowed
from hallway.events import log
from hallway.events.kinds import AccessChanged
from hallway.models import Author, Invitation

from .accounts import tell_renamed
from .members import present
from .new_accounts import NewAccount, open_account

DAYS, MOST_DAYS = 7, 90
USES, MOST_USES = 10, 1000

_signer = signing.Signer(salt="hallway.invitation")


def invite(inviter: Author | None, *, days: int = DAYS, uses: int = USES) -> Invitation:
    """Make an invitation for so many people, good for so many days. None: the operator invites."""
    if not (1 <= days <= MOST_DAYS and 1 <= uses <= MOST_USES):
        raise InvalidParameters(
            f"An invitation is good for 1 to {MOST_DAYS} days and 1 to {MOST_USES} people."
        )
    with log.write():
        if inviter is not None:
            inviter = present(inviter)
            if not access.can_invite(inviter):
                raise NotAllowed
        return Invitation.objects.create(
            made_by=inviter, expires_at=timezone.now() + timedelta(days=days), most_uses=uses
        )


def revoke(actor: Author, invitation_id: int) -> None:
    """Nobody comes in by this invitation any more."""
    with log.write():
        if not access.can_invite(present(actor)):
            raise NotAllowed
        open_ones = Invitation.objects.open().filter(pk=invitation_id)
        if not open_ones.update(revoked_at=timezone.now()):
            raise InvitationNotFound


def token_of(invitation: Invitation) -> str:
    """What the invitation's link ends in: its number and age, signed with the secret key.

    Whoever reads the database alone, a backup without its key, cannot make it.
    """
    return _signer.sign(f"{invitation.pk}-{invitation.created_at.timestamp():.0f}")


def invitation_at(token: str) -> Invitation:
    """The invitation behind a link. Raises `InvitationNotFound` when it lets nobody in."""
    try:
        number, _, _ = _signer.unsign(token).partition("-")
    except signing.BadSignature as error:
        raise InvitationNotFound from error
    invitation = Invitation.objects.open().filter(pk=int(number)).first()
    # In a restored database another one may have that number.
    if invitation is None or token_of(invitation) != token:
        raise InvitationNotFound
    return invitation


def accept(token: str, new: NewAccount, *, guest: Author | None = None) -> Author:
    """Become a member. Of many who use the last place at once exactly one does."""
    with log.write():
        invitation = invitation_at(token)
        author = open_account(new, role=Author.Role.MEMBER, guest=guest)
        invitation.uses += 1
        invitation.save(update_fields=["uses"])
        tell_renamed(author)
        log.append(AccessChanged(), author=author)
    return author
