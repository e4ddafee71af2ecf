"""Where people are signed in: a row for each session that an account has opened."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author

DEVICE_LENGTH = 300


class SignIn(models.Model):
    """One browser in which somebody is signed in.

    Whether it still lives is told by the session itself; this row tells whose it is and from
    where, so that people can find and end it.
    """

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    # As the browser calls itself: its User-Agent.
    device = models.CharField(_("device"), max_length=DEVICE_LENGTH, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    created_at = models.DateTimeField(_("signed in"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.author} since {self.created_at:%Y-%m-%d %H:%M}"
