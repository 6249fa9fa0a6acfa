"""Documents that come in over HTTP: each is judged and answered for by itself, and kept before it is acknowledged."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from extractor.scan.foreign import tell_foreign
from extractor.scan.office import is_locked, tell_office_kind
from extractor.scan.pictures import is_document
from extractor.seams.errors import ExtractorError
from extractor.wording.said import say
from workers.api.queue.bodies import PROBLEMS, JobBody, Problem, Submitted, SubmittedList, job_body
from workers.api.queue.patience import Wait, wait_for_end
from workers.api.web.access import get_client, require
from workers.api.web.errors import ProblemError, to_problem
from workers.reading.office import find_program
from workers.service.service import Service
from workers.service.store.blobs import TooLargeError
from workers.service.store.idempotency import AnswerStore
from workers.service.store.records import Job
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role
from workers.service.urgency import Urgency

_MAX_NAME, _MAX_BATCH = 255, 200
_MAX_FILES = 1000
#: Form fields that are no files, of which none is needed, and bytes of each.
_MAX_FIELDS, _MAX_FIELD = 100, 65_536
#: Kinds of characters that are not shown, or change how others are shown.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "format": "binary", "contentMediaType": "application/pdf"},
            "description": "One PDF or several",
        }
    },
}
_NO_DOCUMENT = (
    "the file is no document that is read: neither a PDF nor a picture, DOCX, DOC, ODT, RTF or HTML"
)
#: A document sent by itself: a PDF, or another under its own type or none in particular.
_BARE = re.compile(
    r"application/(pdf|octet-stream|rtf|msword|vnd\.openxmlformats-officedocument\.wordprocessingml\.document"
    r"|vnd\.oasis\.opendocument\.text)|text/(html|rtf)|image/[\w.+-]+"
)
_BARE_TYPES = ("application/pdf", "application/octet-stream")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "required": True,
    "description": "A form of files, or one document by itself (image/tiff, text/html, application/msword, … too)",
    "content": {"multipart/form-data": {"schema": _FORM}, **dict.fromkeys(_BARE_TYPES, _BYTES)},
}
#: Bytes of a document by itself that are kept in memory while it comes in.
_IN_MEMORY = 1_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. name: as it is kept. batch: what its sender calls those that came with it."""

    name: str
    stream: BinaryIO
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an upload: a job (and whether it is new), or a problem."""

    name: str
    job: Job | None
    is_new: bool
    problem: ProblemError | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent, and kept for an Idempotency-Key."""

    status: int
    body: str
    location: str = ""
    is_replayed: bool = False


@asynccontextmanager
async def read_uploads(request: Request) -> AsyncIterator[list[Upload]]:
    """The files in the field `file` of a multipart form, on disk when they are large; gone at the end.

    Raises:
        ProblemError: it is no such form, or holds no files.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ProblemError(
            415, "not_multipart", "send the documents as multipart/form-data, in the field `file`"
        )
    async with request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD) as form:
        files = form.getlist("file")
        if not files or not all(isinstance(item, UploadFile) for item in files):
            raise ProblemError(422, "no_file", "the form has no file in its field `file`")
        uploads = [cast(UploadFile, item) for item in files]
        batch = _clean_batch(form.get("batch") or "")
        yield [Upload(clean_name(item.filename or ""), item.file, batch) for item in uploads]


@asynccontextmanager
async def read_bare(request: Request, name: str) -> AsyncIterator[list[Upload]]:
    """The document that a request consists of, on disk when it is large; gone at the end. name: the sender's."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as stream:
        async for chunk in request.stream():
            await run_in_threadpool(stream.write, chunk)
        stream.seek(0)
        yield [Upload(clean_name(name), cast(BinaryIO, stream))]


def _clean_batch(told: object) -> str:
    """Raises ProblemError where it is no short line of text."""
    batch = told.strip() if isinstance(told, str) else None
    if batch is None or len(batch) > _MAX_BATCH or any(unicodedata.category(sign) == "Cc" for sign in batch):
        told = f"`batch` is one line of at most {_MAX_BATCH} characters"
        raise ProblemError(422, "invalid_request", told)
    return batch


def submit_upload(service: Service, upload: Upload, urgency: Urgency, sender: str) -> Outcome:
    """Keeps and queues a document, unless it is none; sender: id of the client.

    Raises:
        ServiceError, StorageError: the service cannot take anything at the moment.
    """
    head = upload.stream.read(1024)
    upload.stream.seek(0)
    if not head:
        return _refused(upload, ProblemError(422, "empty_file", "the file is empty (0 bytes)"))
    problem = None if is_document(head) else _refuse(upload)
    if problem is not None:
        return _refused(upload, problem)
    try:
        job, is_new = service.submit(upload.stream, upload.name, urgency, sender, upload.batch)
    except TooLargeError as error:
        return _refused(upload, to_problem(error))
    return Outcome(upload.name, job, is_new, None)


def _refuse(upload: Upload) -> ProblemError | None:
    """Why a file that is neither a PDF nor a picture is not taken; None where LibreOffice makes a PDF of it."""
    stream, name = upload.stream, upload.name
    if tell_office_kind(stream) is not None:
        stream.seek(0)
        if find_program() is not None:
            return None
        return ProblemError(415, "no_libreoffice", say("documents.no_libreoffice", name=name))
    if is_locked(stream):
        return ProblemError(415, "not_a_pdf", say("documents.office_locked", name=name))
    return ProblemError(415, "not_a_pdf", tell_foreign(name, stream) or _NO_DOCUMENT)


def clean_name(name: str) -> str:
    """A file name without folders and hidden characters, at most 255 characters long; never empty."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in base if unicodedata.category(sign) not in _HIDDEN).strip()
    if shown in {"", ".", ".."}:
        return "document.pdf"
    stem, dot, suffix = shown.rpartition(".")
    if len(shown) > _MAX_NAME and stem and len(suffix) < 10:
        return stem[: _MAX_NAME - len(suffix) - 1] + dot + suffix
    return shown[:_MAX_NAME]


def uploads_router(service: Service) -> APIRouter:
    """The route that takes documents."""
    router = APIRouter(prefix="/v1", tags=["jobs"], responses=PROBLEMS)
    answers = AnswerStore(service.database, patience=2 * service.settings.request_timeout)
    location = {"Location": {"description": "The job, of a single file", "schema": {"type": "string"}}}
    known: dict[int | str, dict[str, Any]] = {
        200: {"description": "All are there already, or have ended", "model": JobBody | SubmittedList},
        202: {"description": "Queued", "headers": location},
    }

    @router.post(
        "/jobs",
        status_code=202,
        response_model=JobBody | SubmittedList,
        responses=known,
        openapi_extra={"requestBody": _BODY},
        dependencies=[require(Role.SUBMIT)],
    )
    async def submit_documents(
        request: Request,
        urgency: Urgency = Urgency.BULK,
        wait: Wait = 0,
        name: Annotated[str, Query(max_length=_MAX_NAME, description="Of a document sent by itself")] = "",
        batch: Annotated[
            str,
            Query(
                max_length=_MAX_BATCH,
                pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
                description="What you call what you send together: jobs and fields in review are found by it",
            ),
        ] = "",
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=255,
                pattern=r"^[!-~]+$",
                description="The same key with the same documents gets the same answer for a day",
            ),
        ] = None,
    ) -> Response:
        """Queues PDFs. One file is answered by its job or problem, several by a list with one entry for each.

        What is `interactive` is read before all that is not: for what somebody waits for. `wait` is for one file.
        """
        # The form is read here, and not by FastAPI, which would read it before it asks who sends it.
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_bare = _BARE.fullmatch(kind) is not None
        named_batch = _clean_batch(batch)
        async with read_bare(request, name) if is_bare else read_uploads(request) as uploads:
            sending = _Sending(get_client(request).id, urgency, idempotency_key or "")
            named = [replace(upload, batch=upload.batch or named_batch) for upload in uploads]
            made = await run_in_threadpool(_submit_once, service, answers, named, sending)
        if wait and made.location:
            made = await _await_end(service, request, made, wait)
        return _respond(made)

    return router


@dataclass(frozen=True, slots=True)
class _Sending:
    """key: of an answer that is kept, empty for one that is not."""

    client: str
    urgency: Urgency
    key: str


def _refused(upload: Upload, problem: ProblemError) -> Outcome:
    return Outcome(upload.name, None, is_new=False, problem=problem)


def _submit(service: Service, uploads: list[Upload], sending: _Sending) -> Answer:
    outcomes = [submit_upload(service, upload, sending.urgency, sending.client) for upload in uploads]
    is_new = any(outcome.is_new for outcome in outcomes)
    if len(outcomes) == 1:
        outcome = outcomes[0]
        if outcome.job is None:
            assert outcome.problem is not None
            raise outcome.problem
        body = job_body(outcome.job).model_dump_json()
        return Answer(202 if is_new else 200, body, f"/v1/jobs/{outcome.job.id}")
    told = [_tell(outcome) for outcome in outcomes]
    if not any(outcome.job for outcome in outcomes):
        listed = [item.model_dump(mode="json") for item in told]
        raise ProblemError(422, "no_document", "none of the files can be taken", extra={"jobs": listed})
    return Answer(202 if is_new else 200, SubmittedList(jobs=told).model_dump_json())


def _tell(outcome: Outcome) -> Submitted:
    problem = outcome.problem
    told = Problem(**problem.document("/v1/jobs")) if problem is not None else None
    job = job_body(outcome.job) if outcome.job is not None else None
    return Submitted(name=outcome.name, job=job, problem=told)


def _submit_once(service: Service, answers: AnswerStore, uploads: list[Upload], sending: _Sending) -> Answer:
    if not sending.key:
        return _submit(service, uploads, sending)
    known = answers.begin(sending.client, sending.key, _fingerprint(uploads))
    if known is not None:
        return Answer(**json.loads(known), is_replayed=True)
    try:
        made = _submit(service, uploads, sending)
        kept = json.dumps({"status": made.status, "body": made.body, "location": made.location})
        answers.keep(sending.client, sending.key, kept)
    except (ProblemError, ExtractorError):
        answers.release(sending.client, sending.key)
        raise
    return made


async def _await_end(service: Service, request: Request, made: Answer, seconds: float) -> Answer:
    """The answer once its job has ended, or as it stands after some seconds."""
    job = await run_in_threadpool(service.jobs.get, made.location.rpartition("/")[2])
    job = await wait_for_end(service, request, job, seconds)
    status = 200 if job.state in {JobState.DONE, JobState.FAILED} else made.status
    return replace(made, status=status, body=job_body(job).model_dump_json())


def _fingerprint(uploads: list[Upload]) -> str:
    told = []
    for upload in uploads:
        told.append([upload.name, hashlib.file_digest(upload.stream, "sha256").hexdigest()])  # type: ignore[arg-type]
        upload.stream.seek(0)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _respond(made: Answer) -> Response:
    headers = {"Location": made.location} if made.location else {}
    if made.is_replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(made.body, made.status, headers, "application/json")
