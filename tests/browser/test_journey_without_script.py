"""A worker whose browser runs no script asks as everybody does: the self-test, the steps with a photo, the signature, and where it stands."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Opener, plain_copy, served
from tests.browser.test_journey import applies, asks_what_may_be


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]) -> Iterator[str]:
    with served(plain_copy(tmp_path_factory)) as address:
        yield address


def test_a_worker_asks_without_a_script(open_window: Opener, size: tuple[int, int]):
    visit = open_window("w-demo", size, javascript=False)
    visit.go("/my/")
    asks_what_may_be(visit.page)
    applies(visit.page)
    assert visit.overflow() == []
    assert visit.numbers() == []
    assert visit.wrong == []
