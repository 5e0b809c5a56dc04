"""One process that takes mails for most tests of the dialect."""

from collections.abc import Iterator

import pytest

from tests.dialects.smtp.post_office import PostOffice, running_post_office


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    with running_post_office(tmp_path_factory.mktemp("post-office")) as office:
        yield office
