"""Guests use open rooms only: what they had in others ends, as `take_out_of_closed` ends it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def end_closed_rooms(apps: Apps, schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    memberships = apps.get_model("hallway", "Membership").objects
    guests = apps.get_model("hallway", "Author").objects.filter(role="guest")
    closed = apps.get_model("hallway", "Room").objects.exclude(kind="open").filter(object_key=None)
    left = memberships.filter(author__in=guests, room__in=closed).select_related("author")
    names = {membership.room_id: membership.author.name for membership in left.order_by("-pk")}
    left.delete()
    reading = apps.get_model("hallway", "ReadState").objects
    reading.filter(author__in=guests, room__in=closed).delete()
    for room in closed.filter(pk__in=names):
        staying = memberships.filter(room=room).order_by("joined_at", "pk")
        if room.kind == "direct" and staying.count() == 1:
            room.name, room.archived_at = names[room.pk], timezone.now()
            room.save(update_fields=["name", "archived_at"])
        elif room.kind == "private" and not staying.filter(role="manager").exists():
            heir = staying.filter(author__left_at=None, author__deactivated_at=None).first()
            if heir is not None:
                heir.role = "manager"
                heir.save(update_fields=["role"])


class Migration(migrations.Migration):
    dependencies = [("hallway", "0009_search_on_postgresql")]

    operations = [migrations.RunPython(end_closed_rooms, migrations.RunPython.noop)]
