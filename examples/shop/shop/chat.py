"""What this shop tells Hallway, and hears from it."""

from typing import Any

from django.db.models import F

from hallway.host import LoggedEvent, Room

from .models import Order


def may_read(account: Any, order: Order) -> bool:
    """Whoever ordered, and the shop's staff. Guests come as AnonymousUser."""
    return order.customer_id == account.pk or bool(account.is_staff)


def count_questions(event: LoggedEvent) -> None:
    """Called by `manage.py hallway_worker` for every event, in order and at least once."""
    if event.kind != "message.posted" or not event.payload["content"].endswith("?"):
        return
    room = Room.objects.filter(pk=event.room_id, object_key__startswith="shop.order/").first()
    if room is not None and room.object_key is not None:
        number = room.object_key.partition("/")[2]
        Order.objects.filter(pk=number).update(questions=F("questions") + 1)
