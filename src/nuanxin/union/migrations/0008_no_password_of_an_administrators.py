"""Passwords that an administrator gave and that were not changed are none any more: their accounts get a link to choose their own."""

from django.contrib.auth.hashers import make_password
from django.db import migrations


def forget_given(apps, schema_editor):
    for user in apps.get_model("union", "User").objects.filter(password_initial=True):
        user.password = make_password(None)
        user.save(update_fields=["password"])


class Migration(migrations.Migration):

    dependencies = [
        ('union', '0007_muted'),
    ]

    operations = [
        migrations.RunPython(forget_given, migrations.RunPython.noop),
        migrations.RemoveField(model_name='user', name='password_initial'),
    ]
