from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workers.service.serving import Serve


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A service of a module's own, that its commands ask."""
    started = Serve(tmp_path_factory.mktemp("service") / "data")
    yield started
    started.close()
