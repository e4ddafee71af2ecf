"""Somebody who sells, two who have ordered."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from shop.models import Order


class Command(BaseCommand):
    help = "Make three accounts (maya, joe and zoe; password: hallway) and two orders."

    def handle(self, *args: Any, **options: Any) -> None:
        User.objects.create_superuser("maya", password="hallway")  # noqa: S106  an example
        for name, what in (("joe", "A lamp"), ("zoe", "A door")):
            customer = User.objects.create_user(name, password="hallway")  # noqa: S106
            self.stdout.write(str(Order.objects.create(customer=customer, what=what)))
