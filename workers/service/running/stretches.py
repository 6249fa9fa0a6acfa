"""A document is read: by one process, or if it is long by all who have a hand free, a stretch of pages each.

Who holds the job parts a long document, has the broker tell others of it, and reads stretch after stretch like them,
also those whose worker has gone silent; then it parts the runs of pages that are a report each, which are understood
in the same way; at last it makes the result of what is kept. A helper that dies, and a message that is lost, cost
some seconds. What a page gives depends on no other stretch (`extractor.pages`), and what a run says on no other run:
the result has the same bytes however many read.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from extractor.pages import STRETCH
from extractor.seams.errors import ExtractorError, ServiceError, StorageError
from extractor.values.read_page import Run
from workers.reading.blame import read_patiently
from workers.reading.options import SetupError
from workers.reading.protocol import Failure, How, PageEvent, ReadEnd, ReadRequest, Watcher
from workers.reading.shelf import RUNS_SUFFIX
from workers.service.running.signs_of_life import signs_of_life
from workers.service.running.workplace import Workplace, bring, fetch, keep, persist
from workers.service.service import Service
from workers.service.store.machines import MachineStore
from workers.service.store.pages import PAGE_TIMEOUT
from workers.service.store.records import Claim, PageRead
from workers.service.store.stretches import Stretch, StretchKind
from workers.service.urgency import Urgency

_LOG = logging.getLogger(__name__)
#: Seconds between two looks whether the stretches that others read are done.
_LOOK = 0.2
#: Pages of the runs that are understood together: that takes .15 s a page, to begin elsewhere some hundredths.
_TOGETHER = 20


def read_document(place: Workplace, claim: Claim, request: ReadRequest) -> ReadEnd:
    """Reads a document whose job is held; pages that hang are remembered for a further attempt.

    request: without what is known of its pages.

    Raises:
        SetupError: an engine does not load.
        ServiceError, StorageError: the store is away for long.
    """
    own: dict[int, Path] = {}
    if _count_others(place):
        asked = replace(request, most_pages=place.service.settings.long_document)
        end = _read_whole(place, claim, asked, own)
        if end.how is not How.LONG or end.total is None:
            return end
        total = end.total
        left = persist(lambda: place.service.stretches.part(claim, total, STRETCH))
        broken_off = _work_off(place, claim, request, own, left)
        broken_off = broken_off or _understand(place, claim, request, own, total)
        if broken_off is not None:
            return broken_off
    return _read_whole(place, claim, request, own)


def _understand(
    place: Workplace, claim: Claim, request: ReadRequest, own: dict[int, Path], total: int
) -> ReadEnd | None:
    """Has the runs of a document of so many pages understood, then None; else how it ended before."""
    listed = request.work / "runs.json"
    files = _fetch_pages(
        place, claim.job, range(1, total + 1), own, request.work, lambda: place.service.jobs.beat(claim)
    )
    asked = replace(request, output=listed, checkpoints=files, runs=())
    end = read_patiently(place.reader, asked, _BeatWatcher(place, lambda: place.service.jobs.beat(claim)))
    if end.how is not How.DONE:
        return end
    parts = _share_out(_read_runs(listed, total))
    if len(parts) < 2:
        # One report is understood as a whole.
        return None
    left = persist(lambda: place.service.stretches.part_runs(claim, parts))
    return _work_off(place, claim, request, own, left)


def _read_runs(path: Path, total: int) -> list[Run]:
    """The runs that a reader listed; none where that is no list of such, for who has read a document is no friend."""
    try:
        listed = json.loads(path.read_bytes())
        runs = [
            tuple(number for number in run if type(number) is int and 0 < number <= total) for run in listed
        ]
    except (OSError, ValueError, TypeError):
        return []
    return [run for run in runs if run]


def _share_out(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs, of so many at a time that they have some pages."""
    parts: list[list[Run]] = []
    for run in runs:
        if not parts or sum(map(len, parts[-1])) >= _TOGETHER:
            parts.append([])
        parts[-1].append(run)
    return parts


def _work_off(
    place: Workplace, claim: Claim, request: ReadRequest, own: dict[int, Path], left: int
) -> ReadEnd | None:
    """Works on stretches, of which so many are left, until none is, then None; else how it ended before."""
    stretches, jobs = place.service.stretches, place.service.jobs
    _call_helpers(place, claim.job, left - 1)
    while persist(lambda: stretches.count_left(claim.job)):
        stretch = _take(place, claim.job)
        if stretch is not None:
            ours = _InHand(place.service, stretch, claim)
            end = _work_on(place, ours, lambda: request.pdf, request.work, own)
            if end.how not in {How.DONE, How.STOPPED}:
                return end
        elif place.stop.wait(_LOOK):
            return ReadEnd(How.STOPPED)
        # A stretch that was lost is another one's: whether to go on says the job.
        if place.stop.is_set() or not persist(lambda: jobs.beat(claim)):
            return ReadEnd(How.STOPPED)
    return None


def help_with(place: Workplace, job: str) -> None:
    """Reads stretches of a job that another worker holds, as long as there are any and nobody waits elsewhere."""
    with (
        structlog.contextvars.bound_contextvars(job=job),
        tempfile.TemporaryDirectory(prefix="extractor-") as it,
    ):
        brought: list[Path] = []
        try:
            while place.store.is_there and (stretch := _take(place, job)) is not None:
                if not _help_once(place, stretch, Path(it), brought):
                    return
                if place.service.bell.waiting(Urgency.INTERACTIVE):
                    _call_helpers(place, job, 1)
                    return
        except (StorageError, ServiceError, SetupError, OSError) as error:
            place.store.doubt()
            _LOG.warning("pages are left to others: %s", error)


def _help_once(place: Workplace, stretch: Stretch, folder: Path, brought: list[Path]) -> bool:
    """Reads a stretch of a job that another worker holds; whether all went well.

    brought: the document in the folder, once it is there.
    """
    ours = _InHand(place.service, stretch)

    def bring_once() -> Path:
        if not brought:
            with signs_of_life(place.service, ours.beat):
                brought.append(bring(place, stretch.document, folder))
        return brought[0]

    with tempfile.TemporaryDirectory(dir=folder) as work:
        end = _work_on(place, ours, bring_once, Path(work), {})
    page = end.page
    if end.how is How.DIED and page is not None:
        persist(lambda: place.service.jobs.spoil_page(stretch.job, page))
    return end.how is How.DONE


def _read_whole(place: Workplace, claim: Claim, request: ReadRequest, own: dict[int, Path]) -> ReadEnd:
    """Reads the whole document, as far as its pages are not there yet. own: files of those that are here."""
    jobs = place.service.jobs

    def beat() -> bool:
        return jobs.beat(claim)

    known = persist(lambda: jobs.find_pages(claim.job))
    files: tuple[Path, ...] = ()
    if request.most_pages is None:
        # Of documents that are not long none are kept, and of long ones it is only asked whether they are.
        files = _fetch_pages(place, claim.job, known.checkpoints, own, request.work, beat)
        told = persist(lambda: place.service.stretches.list_kept(claim.job))
        with signs_of_life(place.service, beat):
            files += tuple(fetch(place, dict(enumerate(told)), request.work, RUNS_SUFFIX).values())
    long = place.service.settings.long_document
    watcher = _PageWatcher(
        place, lambda page: jobs.page_done(claim, page), beat, set(known.checkpoints), own, long
    )
    request = replace(request, left_out=known.left_out, checkpoints=files)
    return read_patiently(place.reader, request, watcher, tell_hanging=_spoil(place, claim.job))


def _fetch_pages(
    place: Workplace,
    job: str,
    numbers: Iterable[int],
    own: dict[int, Path],
    work: Path,
    beat: Callable[[], bool],
) -> tuple[Path, ...]:
    """Files of pages that have been read. own: those that are here; is told of those that are brought."""
    known = persist(lambda: place.service.jobs.find_pages(job)).among(numbers)
    missing = {number: blob for number, blob in known.checkpoints.items() if number not in own}
    with signs_of_life(place.service, beat):
        own.update(fetch(place, missing, work, ".bin"))
    return tuple(own[number] for number in known.checkpoints if number in own)


def _work_on(
    place: Workplace, ours: _InHand, pdf: Callable[[], Path], work: Path, own: dict[int, Path]
) -> ReadEnd:
    """Works on a stretch, which afterwards is in nobody's hand.

    pdf: brings the document, for who reads pages of it. own: files of its pages that are here; is told of others.
    """
    stretch, is_done, kept = ours.stretch, False, None
    try:
        path = pdf() if stretch.kind is StretchKind.READ else work
        files = _fetch_pages(place, stretch.job, stretch.pages, own, work, ours.beat)
        request = ReadRequest(path, stretch.name, work / f"of-{stretch.first}{RUNS_SUFFIX}", work, {}, files)
        if stretch.kind is StretchKind.RUNS:
            asked = replace(request, runs=stretch.runs)
            end = read_patiently(place.reader, asked, _BeatWatcher(place, ours.beat))
            kept = keep(place, request.output) if end.how is How.DONE else None
        else:
            end = _read_pages(place, ours, request, own)
        is_done = end.how is How.DONE
        if end.failure is not None:
            _LOG.warning("pages %d to %d: %s", stretch.first, stretch.last, end.failure.code)
        return end
    finally:
        persist(lambda: place.service.stretches.end(stretch, is_done=is_done, kept=kept))


def _read_pages(place: Workplace, ours: _InHand, request: ReadRequest, own: dict[int, Path]) -> ReadEnd:
    stretch = ours.stretch
    known = persist(lambda: place.service.jobs.find_pages(stretch.job)).among(stretch.pages)
    request = replace(request, left_out=known.left_out, stretch=(stretch.first, stretch.last))
    watcher = _PageWatcher(place, ours.tell, ours.beat, set(known.checkpoints), own, 0)
    return read_patiently(place.reader, request, watcher, tell_hanging=_spoil(place, stretch.job))


@dataclass(frozen=True, slots=True)
class _InHand:
    """A stretch that is ours. claim: of whoever holds the job too, whose signs of life go with the stretch's."""

    service: Service
    stretch: Stretch
    claim: Claim | None = None

    def beat(self) -> bool:
        """A sign of life; whether to go on."""
        return self.service.stretches.beat(self.stretch) and self._holds()

    def tell(self, page: PageRead) -> bool:
        """Tells the store of a page; whether to go on."""
        return self.service.stretches.page_done(self.stretch, page) and self._holds()

    def _holds(self) -> bool:
        return self.claim is None or self.service.jobs.beat(self.claim)


def _take(place: Workplace, job: str) -> Stretch | None:
    if place.stop.is_set():
        return None
    return persist(lambda: place.service.stretches.take(job, place.worker))


def _call_helpers(place: Workplace, job: str, wanted: int) -> None:
    """Tells others of a job's pages, as many as there can be; without a broker whoever holds the job reads them."""
    try:
        for _ in range(min(wanted, _count_others(place))):
            place.service.bell.ring_for_pages(job)
    except ServiceError as error:
        _LOG.warning("%s; nobody is told of the pages", error)


def _count_others(place: Workplace) -> int:
    """Documents that could be read beside this one, by workers that are there."""
    service = place.service
    machines = MachineStore(service.database, service.settings.heartbeat)
    return max(0, persist(lambda: machines.count_slots(service.pipeline)) - 1)


def _spoil(place: Workplace, job: str) -> Callable[[int, Failure], None]:
    def spoil(page: int, failure: Failure) -> None:
        _LOG.warning("%s", failure.message)
        persist(lambda: place.service.jobs.spoil_page(job, page, PAGE_TIMEOUT))

    return spoil


class _BeatWatcher(Watcher):
    """Gives signs of life while a reader works; beat says whether to go on."""

    def __init__(self, place: Workplace, beat: Callable[[], bool]) -> None:
        self._place, self._beat = place, beat
        self._beaten = time.monotonic()

    def page(self, event: PageEvent) -> bool:
        del event
        return self.alive()

    def alive(self) -> bool:
        if self._place.stop.is_set():
            return False
        if time.monotonic() - self._beaten < self._place.service.settings.heartbeat:
            return True
        self._beaten = time.monotonic()
        try:
            return self._beat()
        except ExtractorError as error:
            _LOG.warning("no sign of life could be given: %s", error)
            return True


class _PageWatcher(_BeatWatcher):
    """Keeps the store informed of pages too.

    tell: tells the store of a page and says whether to go on. known: pages that are kept already. own: is told of the
    files of the others. long: the most pages of a document of which none are kept.
    """

    def __init__(
        self,
        place: Workplace,
        tell: Callable[[PageRead], bool],
        beat: Callable[[], bool],
        known: set[int],
        own: dict[int, Path],
        long: int,
    ) -> None:
        super().__init__(place, beat)
        self._tell, self._known, self._own, self._long = tell, known, own, long

    def page(self, event: PageEvent) -> bool:
        if event.number in self._known:
            return self.alive()
        checkpoint = None
        if event.checkpoint is not None and event.total > self._long:
            with signs_of_life(self._place.service, self._beat):
                checkpoint = keep(self._place, event.checkpoint)
            if checkpoint is not None:
                self._own[event.number] = event.checkpoint
        read = PageRead(event.number, event.total, event.seconds, checkpoint)
        with structlog.contextvars.bound_contextvars(page=event.number):
            _LOG.debug("read in %.2f s", event.seconds)
        self._beaten = time.monotonic()
        goes_on = persist(lambda: self._tell(read))
        if not goes_on and checkpoint is not None:
            # Who cancelled the job, or has it now, knows nothing of it.
            self._own.pop(event.number, None)
            self._place.service.drop([checkpoint])
        return goes_on
