"""What is there from the start: the log's epoch, and the room everybody starts in."""

from secrets import token_hex

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from hallway import conf


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("hallway", "LogState").objects.get_or_create(
        pk=1, defaults={"epoch": token_hex(6)}
    )
    apps.get_model("hallway", "Room").objects.get_or_create(
        slug=conf.get().DEFAULT_ROOM, defaults={"name": "Hallway"}
    )


class Migration(migrations.Migration):
    dependencies = [("hallway", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
