"""What many jobs, or one, leave over HTTP in one file: tables of all that was read, and copies with their text."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, cast
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from extractor.output.result_json import result_to_json
from workers.api.queue.bodies import PROBLEMS
from workers.api.queue.filtering import ONLY_KNOWN, Cursor, Wanted
from workers.api.queue.jobs import find_job, list_page, no_result
from workers.api.web.access import require
from workers.api.web.downloads import BlobResponse, FileStream
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
#: Copies in one answer: they lie on this machine's disk until they are sent.
_MOST_COPIES = 200
_NO_COPY = (
    "no copy with its text was kept when it was read: documents have one that are read where "
    "EXTRACTOR_SEARCHABLE=1"
)
_NO_COPIES = "none of the jobs that fit has one: documents do that are read where EXTRACTOR_SEARCHABLE=1"
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
_Format = Annotated[Literal["parquet", "csv"], Query(description="Of the tables")]
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A zip: of datasets with dataset/ as `extractor export` writes it, of copies with these",
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

    @router.get("/dataset.zip", response_class=Response, responses=_ZIP, dependencies=[ONLY_KNOWN])
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

    @router.get("/jobs/{job_id}/searchable.pdf", response_class=Response, responses=_PDF)
    def get_searchable(job_id: str) -> Response:
        """The document of a job that is done with what was read on it as invisible text.

        There is one where the service keeps such copies (`EXTRACTOR_SEARCHABLE`): `searchable` of a job says so.
        """
        job = find_job(desk.service, job_id)
        if job.result is None:
            raise no_result(job)
        if job.copy is None:
            raise ProblemError(409, "no_copy", _NO_COPY)
        named = f"attachment; filename=\"document.pdf\"; filename*=UTF-8''{quote(_copy_name(job), safe='')}"
        headers = {"Content-Disposition": named, "ETag": f'"{job.copy}"'}
        return BlobResponse(desk.service.blobs, job.copy, "application/pdf", headers)

    @router.get("/searchable.zip", response_class=Response, responses=_ZIP, dependencies=[ONLY_KNOWN])
    def get_searchable_of_many(
        wanted: Wanted,
        limit: Annotated[int, Query(ge=1, le=_MOST_COPIES)] = _MOST_COPIES,
        cursor: Cursor = None,
    ) -> Response:
        """The same of many jobs, newest first, by the filters of `GET /v1/jobs` (`batch` among them)."""
        jobs, following = list_page(catalog, wanted, limit, cursor)
        if not jobs:
            raise ProblemError(404, "no_results", "no job fits these conditions")
        made = _pack_copies(desk, jobs)
        return _answer(made, {"Next-Cursor": following} if following else {}, "searchable.zip")

    return router


def _pack_copies(desk: ReviewDesk, jobs: Iterable[Job]) -> BinaryIO:
    """A file without a name that holds the zip. Raises ProblemError where no job has a copy."""
    made = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed by whoever sends it
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as packed:
        for job in jobs:
            if job.copy is not None:
                with desk.service.blobs.local(job.copy) as path:
                    packed.write(path, kept_name(_copy_name(job), job.id, ".pdf"))
        is_empty = not packed.namelist()
    if is_empty:
        made.close()
        raise ProblemError(404, "no_copy", _NO_COPIES)
    made.seek(0)
    return made


def _copy_name(job: Job) -> str:
    stem, dot, suffix = job.name.rpartition(".")
    return f"{stem if dot and len(suffix) < 6 else job.name}.pdf"


def _answer(made: BinaryIO, headers: dict[str, str], name: str = "dataset.zip") -> Response:
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
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
