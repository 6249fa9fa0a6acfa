from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.paths import ROOT
from tests.workers.service.serving import Serve


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A service that reads one known scan as recorded, and blank pages."""
    recording = ROOT / "fixtures" / "recordings" / "dongfeng-2025.npz"
    settings = {"EXTRACTOR_ENGINE": f"replay:{recording}", "EXTRACTOR_READER_MODULE": "workers.reading.child"}
    started = Serve(tmp_path_factory.mktemp("service") / "data", jobs=1, settings=settings)
    yield started
    started.close()
