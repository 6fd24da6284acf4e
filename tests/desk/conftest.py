"""The desk's tests stand on a day of their own."""

import pytest
from tests.desk.office import Office


@pytest.fixture
def office(city, cast, sign_in, settings, tmp_path):
    settings.NUANXIN_HOME, settings.NUANXIN_FILES = tmp_path, tmp_path / "files"
    return Office(city, cast, sign_in, tmp_path)
