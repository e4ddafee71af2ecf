"""What messages are found by, and the database's own index of it."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The words come from `hallway.text` as they are to be found, separated by blanks. The ascii
# tokenizer leaves all other characters alone; unicode61 would split at those that are younger than
# the Unicode it knows. Nothing is ranked, so no sizes are kept.
#
# SQLite drops the triggers when Django remakes a table: a migration that alters SearchEntry
# creates them again.
SQLITE = (
    """
    CREATE VIRTUAL TABLE hallway_search USING fts5(
        words, content='hallway_searchentry', content_rowid='message_id',
        tokenize='ascii', columnsize=0
    )
    """,
    """
    CREATE TRIGGER hallway_search_insert AFTER INSERT ON hallway_searchentry BEGIN
        INSERT INTO hallway_search(rowid, words) VALUES (new.message_id, new.words);
    END
    """,
    """
    CREATE TRIGGER hallway_search_delete AFTER DELETE ON hallway_searchentry BEGIN
        INSERT INTO hallway_search(hallway_search, rowid, words)
        VALUES ('delete', old.message_id, old.words);
    END
    """,
    """
    CREATE TRIGGER hallway_search_update AFTER UPDATE ON hallway_searchentry BEGIN
        INSERT INTO hallway_search(hallway_search, rowid, words)
        VALUES ('delete', old.message_id, old.words);
        INSERT INTO hallway_search(rowid, words) VALUES (new.message_id, new.words);
    END
    """,
)


def create_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for statement in SQLITE:
            schema_editor.execute(statement)


def drop_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE hallway_search")


class Migration(migrations.Migration):
    dependencies = [("hallway", "0002_first_rows")]
    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="hallway.message",
                    ),
                ),
                ("words", models.TextField()),
            ],
            options={"verbose_name": "search entry", "verbose_name_plural": "search entries"},
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["created_at"], name="hallway_message_day"),
        ),
        migrations.RunPython(create_index, drop_index),
    ]
