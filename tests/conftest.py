"""The fixed cast of people and the small city that all tests share. The database is real; nothing of ours is mocked."""

import os
import tempfile
from datetime import date
from pathlib import Path

# Before Django reads its settings: a data folder of the tests' own.
os.environ["NUANXIN_HOME"] = tempfile.mkdtemp(prefix="nuanxin-test-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")
os.environ["NUANXIN_DEMO"] = "1"
if url := os.environ.get("NUANXIN_TEST_DATABASE_URL"):
    os.environ["NUANXIN_DATABASE_URL"] = url

import django
import pytest

# Test modules import models at their head.
django.setup()

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FIRST_DAY = date(2022, 1, 1)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The official calendar stands in every test's database."""
    from nuanxin.records.services import seed_calendar

    with django_db_blocker.unblock():
        seed_calendar()


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
def city(db):
    """The city union of Qingtongxia with its whole tree, and beside it another city with one union."""
    from nuanxin.union.models import Org
    from nuanxin.union.services import load_unions

    load_unions(EXAMPLES / "unions.csv", by="setup", on=FIRST_DAY)
    other = Org.objects.create(code="WZ", name="吴忠市总工会", level="city")
    Org.objects.create(code="WZ-01-E01", name="吴忠纺织工会委员会", level="enterprise", parent=other)
    return Org.objects.get(code="QTX")


@pytest.fixture
def cast(city):
    """The officers: he (proposes), xu (certifies), bai (visits), ma (one street's grass-roots officer), tian (steward of one
    enterprise), pan and qin (policies), shen (auditor), guan (administrator), wu (the other city's)."""
    from nuanxin.union import rules
    from nuanxin.union.models import Org, User
    from nuanxin.union.services import appoint

    other = Org.objects.get(code="WZ")
    street = Org.objects.get(code="QTX-01")
    posts = [
        ("he", "何秋实", city, rules.CITY), ("he", "何秋实", city, rules.APPROVER),
        ("xu", "许安然", city, rules.APPROVER), ("xu", "许安然", city, rules.CITY),
        ("bai", "白秀磊", city, rules.VISITOR), ("ma", "马国强", street, rules.GRASSROOTS),
        ("tian", "田小组", Org.objects.get(code="QTX-01-E01"), rules.STEWARD), ("pan", "潘立言", city, rules.POLICY),
        ("qin", "秦守正", city, rules.POLICY), ("shen", "沈明", city, rules.AUDITOR), ("guan", "管理员", city, rules.ADMIN),
        ("wu", "吴外人", other, rules.CITY), ("wu", "吴外人", other, rules.APPROVER),
    ]  # fmt: skip
    for user, name, org, role in posts:
        appoint(user=user, name=name, org=org, role=role, from_on=FIRST_DAY, by="setup")
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def passed():
    """Put a signed-in browser's second factor behind it."""
    import time

    def passed(client):
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session["account_authentication_methods_user"] = session["_auth_user_id"]
        session.save()
        return client

    return passed


@pytest.fixture
def sign_in(cast, passed):
    """A browser signed in as somebody of the cast, or appointed since, who has passed the second factor (unless told otherwise)."""
    from django.test import Client

    from nuanxin.union.models import User

    def sign_in(name, second_factor=True):
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
        return passed(client) if second_factor else client

    return sign_in
