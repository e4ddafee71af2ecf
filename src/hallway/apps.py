from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HallwayConfig(AppConfig):
    name = "hallway"
    verbose_name = _("Hallway")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hallway import checks, follow  # noqa: F401  checks register themselves

        follow.connect()
