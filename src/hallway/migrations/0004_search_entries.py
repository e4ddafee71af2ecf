"""Let the messages that are there already be found."""

from django.apps.registry import Apps
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from hallway import text

BATCH = 1000


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    message_model = apps.get_model("hallway", "Message")
    entry_model = apps.get_model("hallway", "SearchEntry")
    missing = message_model.objects.filter(deleted_at=None, search_entry=None)
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias):
            batch = list(
                missing.filter(pk__gt=last)
                .order_by("pk")
                .values_list("pk", "content", "html", "author_id", "room_id", "room__kind")[:BATCH]
            )
            if not batch:
                return
            entry_model.objects.bulk_create(
                entry_model(
                    message_id=message,
                    words=text.search_words(
                        content,
                        scope=0 if kind == "open" else room,
                        author=author,
                        room=room,
                        has_link=text.has_link(html),
                    ),
                )
                for message, content, html, author, room, kind in batch
            )
            last = batch[-1][0]


class Migration(migrations.Migration):
    # A batch at a time: what is interrupted goes on where it was, and no transaction is huge.
    atomic = False
    dependencies = [("hallway", "0003_search")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
