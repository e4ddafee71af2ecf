"""The lobby's form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hallway import text
from hallway.errors import InvalidName
from hallway.models import NAME_LENGTH


class NameForm(forms.Form):
    """A name, or none: then one is found."""

    username = forms.CharField(
        label=_("Your name"),
        required=False,
        strip=False,
        max_length=NAME_LENGTH * 4,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "nickname",
                "autocapitalize": "words",
                "autofocus": True,
                "dir": "auto",
                "maxlength": NAME_LENGTH,
                "spellcheck": "false",
            }
        ),
    )

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if not name.strip():
            return ""
        try:
            return text.clean_name(name)
        except InvalidName as error:
            raise forms.ValidationError(str(error), code=error.code) from error
