"""What would read a document submitted now, as a short name: known without loading any of it.

A result tells exactly what made it (`engine.run`, with the runtime and precision of the machine it was made on);
this is coarser, so that every machine of a service, and one that only takes submissions, gives the same answer.
"""

from __future__ import annotations

import hashlib
import json

from extractor import __version__
from models.weights import read_manifest
from workers.files.digests import digest_package
from workers.service.settings import ServiceSettings


def pipeline_id(settings: ServiceSettings) -> str:
    """Changes whenever a document could be read differently: engines, weights, code, forms, facts, limits.

    Raises:
        OSError: one of the user's forms or facts, or the calibrator's card, cannot be read.
    """
    parts = {
        "engines": [settings.engine, settings.second],
        "weights": {name: weights.sha256 for name, weights in read_manifest().items()},
        "version": __version__,
        "code": [digest_package("extractor"), digest_package("models")],
        "forms": [hashlib.sha256(path.read_bytes()).hexdigest() for path in settings.forms],
        "facts": [hashlib.sha256(path.read_bytes()).hexdigest() for path in settings.facts],
        "limits": [settings.max_pages, settings.max_megapixels],
        # The card pins its trees.
        "judge": [settings.error_budget, hashlib.sha256(settings.card.read_bytes()).hexdigest()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
