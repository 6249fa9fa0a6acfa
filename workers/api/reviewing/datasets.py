"""The dataset of many jobs, or of one, over HTTP: tables of all that was read, as they were reviewed, in one zip."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, cast

from fastapi import APIRouter, Query
from starlette.responses import Response

from extractor.output.result_json import result_to_json
from workers.api.queue.bodies import PROBLEMS
from workers.api.queue.filtering import Cursor, Wanted
from workers.api.queue.jobs import find_job, list_page
from workers.api.web.access import require
from workers.api.web.downloads import FileStream
from workers.api.web.errors import ProblemError
from workers.exports.dataset import write_dataset
from workers.files.storage import kept_name
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.catalog import JobCatalog
from workers.service.store.records import Job
from workers.service.store.tokens import Role
from workers.shown.extras import say_missing

#: Jobs in one answer: some twenty milliseconds each.
_USUAL, _MOST = 500, 2000
_Format = Annotated[Literal["parquet", "csv"], Query(description="Of the tables")]
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A zip with dataset/ as `extractor export` writes it",
        "headers": {
            "Next-Cursor": {
                "description": "`cursor` of the jobs that come after these; missing on the last page",
                "schema": {"type": "string"},
            }
        },
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def datasets_router(desk: ReviewDesk) -> APIRouter:
    """The routes of datasets."""
    router = APIRouter(prefix="/v1", tags=["jobs"], responses=PROBLEMS, dependencies=[require(Role.SUBMIT)])
    catalog = JobCatalog(desk.service.database)

    @router.get("/dataset.zip", response_class=Response, responses=_ZIP)
    def get_dataset(
        wanted: Wanted,
        format: _Format = "parquet",
        limit: Annotated[int, Query(ge=1, le=_MOST)] = _USUAL,
        cursor: Cursor = None,
    ) -> Response:
        """The dataset of jobs that are done, newest first, by the filters of `GET /v1/jobs`."""
        jobs, following = list_page(catalog, wanted, limit, cursor)
        made = _pack(desk, (job for job in jobs if job.result is not None), format)
        return _answer(made, {"Next-Cursor": following} if following else {})

    @router.get("/jobs/{job_id}/dataset.zip", response_class=Response, responses=_ZIP)
    def get_job_dataset(job_id: str, format: _Format = "parquet") -> Response:
        """The dataset of one job that is done."""
        return _answer(_pack(desk, [find_job(desk.service, job_id)], format), {})

    return router


def _answer(made: BinaryIO, headers: dict[str, str]) -> Response:
    named = {"Content-Disposition": 'attachment; filename="dataset.zip"'}
    return FileStream(made, "application/zip", named | headers)


def _pack(desk: ReviewDesk, jobs: Iterable[Job], format: str) -> BinaryIO:
    """A file without a name that holds the zip.

    Raises:
        ProblemError: no job has a result, or what writes tables is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="dataset-") as place:
        results = Path(place) / "results"
        results.mkdir()
        for job in jobs:
            told = result_to_json(desk.reviewed(job))
            (results / kept_name(job.name, job.id)).write_text(json.dumps(told), encoding="utf-8")
        if not any(results.iterdir()):
            raise ProblemError(404, "no_results", "no job of these is done")
        try:
            report = write_dataset(results, Path(place), (format,), desk.plan.forms)
        except ImportError as error:
            raise ProblemError(501, "not_installed", say_missing(error) or str(error)) from error
        return _zip(report.folder)


def _zip(folder: Path) -> BinaryIO:
    made = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed by whoever sends it
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, f"{folder.name}/{path.name}")
    made.seek(0)
    return made
