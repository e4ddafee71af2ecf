"""PostgreSQL's own index of what messages are found by."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        # `queries.search` names the same expression. Without places the index stays small, and no
        # text has too many of them for a tsvector.
        schema_editor.execute(
            """
            CREATE INDEX hallway_search ON hallway_searchentry
            USING gin (array_to_tsvector(string_to_array(words, ' ')))
            """
        )


def drop_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX hallway_search")


class Migration(migrations.Migration):
    dependencies = [("hallway", "0008_objects_and_consumers")]
    operations = [migrations.RunPython(create_index, drop_index)]
