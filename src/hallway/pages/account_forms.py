"""The forms of accounts: coming in with one, and getting one.

They take what was typed and lead each error to its field; what is right is known by the actions.
"""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from hallway.errors import (
    EmailTaken,
    HallwayError,
    InvalidAbout,
    InvalidEmail,
    InvalidName,
    InvalidTimeZone,
    NameTaken,
    SameEmail,
    WeakPassword,
    WrongPassword,
)
from hallway.models import ABOUT_LENGTH

# Before anything else looks at them; a name of four times its length may still be cleaned.
MOST = 2000


class AccountForm(forms.Form):
    """Fields drawn by `_fragments/fields.html`."""

    # Which field an error is told at; the others stand above the form.
    places: ClassVar[dict[type[HallwayError], str]] = {}

    def tell(self, error: HallwayError) -> None:
        place = next((name for kind, name in self.places.items() if isinstance(error, kind)), None)
        self.add_error(place, str(error))


def email_field(*, autocomplete: str = "username") -> forms.CharField:
    return forms.CharField(
        label=_("E-mail"),
        max_length=MOST,
        widget=forms.TextInput(
            attrs={
                "autocomplete": autocomplete,
                "autocapitalize": "none",
                "inputmode": "email",
                "spellcheck": "false",
                "dir": "ltr",
            }
        ),
    )


def password_field(
    label: Any, *, autocomplete: str = "current-password", help_text: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=MOST,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def zone_choices() -> list[tuple[str, Any]]:
    names = sorted(name for name in available_timezones() if "/" in name and "Etc/" not in name)
    return [("", _("As the browser says")), *((name, name.replace("_", " ")) for name in names)]


class SignInForm(AccountForm):
    email = email_field()
    password = password_field(_("Password"))


class NewAccountForm(AccountForm):
    name = forms.CharField(
        label=_("Your name"),
        max_length=MOST,
        strip=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "name", "maxlength": "50", "spellcheck": "false", "dir": "auto"}
        ),
    )
    email = email_field(autocomplete="email")
    password = password_field(
        _("Password"),
        autocomplete="new-password",
        help_text=_("At least 8 characters. A few words in a row are easy to keep in mind."),
    )
    places: ClassVar[dict[type[HallwayError], str]] = {
        InvalidName: "name",
        NameTaken: "name",
        InvalidEmail: "email",
        EmailTaken: "email",
        WeakPassword: "password",
        WrongPassword: "password",
    }


class ProfileForm(AccountForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=MOST,
        strip=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "nickname", "maxlength": "50", "dir": "auto"}
        ),
    )
    about = forms.CharField(
        label=_("About you"),
        max_length=MOST,
        required=False,
        widget=forms.TextInput(attrs={"maxlength": str(ABOUT_LENGTH), "dir": "auto"}),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=zone_choices)
    hides_reading = forms.BooleanField(label=_("Tell nobody what I have read"), required=False)
    places: ClassVar[dict[type[HallwayError], str]] = {
        InvalidName: "name",
        NameTaken: "name",
        InvalidAbout: "about",
        InvalidTimeZone: "time_zone",
    }


class ForgottenForm(AccountForm):
    email = email_field(autocomplete="email")


class NewPasswordForm(AccountForm):
    password = password_field(
        _("New password"), autocomplete="new-password", help_text=_("At least 8 characters.")
    )
    places: ClassVar[dict[type[HallwayError], str]] = {WeakPassword: "password"}


class AddressForm(AccountForm):
    email = email_field(autocomplete="email")
    current = password_field(_("Your password now"))
    places: ClassVar[dict[type[HallwayError], str]] = {
        InvalidEmail: "email",
        SameEmail: "email",
        WrongPassword: "current",
    }


class PasswordForm(AccountForm):
    current = password_field(_("Your password now"))
    password = password_field(
        _("New password"), autocomplete="new-password", help_text=_("At least 8 characters.")
    )
    places: ClassVar[dict[type[HallwayError], str]] = {
        WrongPassword: "current",
        WeakPassword: "password",
    }
