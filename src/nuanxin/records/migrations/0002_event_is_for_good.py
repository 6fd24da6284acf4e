"""An event is for good: the database itself refuses to change or delete one, whoever asks."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER event_no_update BEFORE UPDATE ON records_event
       BEGIN SELECT RAISE(ABORT, 'an event is for good: it is never changed'); END""",
    """CREATE TRIGGER event_no_delete BEFORE DELETE ON records_event
       BEGIN SELECT RAISE(ABORT, 'an event is for good: it is never deleted'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION event_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'an event is for good: it is never changed or deleted'; END $$""",
    """CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON records_event
       FOR EACH ROW EXECUTE FUNCTION event_for_good()""",
]
UNDO = {
    "sqlite": ["DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete"],
    "postgresql": ["DROP TRIGGER event_no_change ON records_event", "DROP FUNCTION event_for_good()"],
}


def forward(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def backward(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(forward, backward)]
