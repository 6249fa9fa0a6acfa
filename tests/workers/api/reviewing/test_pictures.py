from __future__ import annotations

import io
import os
import signal
import threading
import time

import anyio
import pytest
from PIL import Image, ImageDraw

from extractor.values.geometry import Box
from tests.bombs import write_bombs
from tests.workers.reports import field, report, result
from workers.api.reviewing.cuts import cut_box, frame_in_cut
from workers.service.reviewing.renderer import (
    AbandonedError,
    BusyError,
    HarmfulError,
    Picture,
    PictureError,
    Renderer,
)
from workers.service.store.blobs import FolderBlobs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _pdf() -> bytes:
    """One page of 595 x 842 points, white, with a red box where the cell of `reports.field` is."""
    image = Image.new("RGB", (595, 842), "white")
    ImageDraw.Draw(image).rectangle((100, 100, 160, 118), fill="red")
    out = io.BytesIO()
    image.save(out, "PDF", resolution=72.0)
    return out.getvalue()


@pytest.fixture
def job(client, review):
    answer = client.post("/v1/jobs", files={"file": ("page.pdf", _pdf())})
    return review(result(report(disclosure__fees__amount=field("1", 0.5))), job=answer.json()["id"])


def _is_red(pixel) -> bool:
    return pixel[0] > 200 and pixel[1] < 80


def test_a_page_is_drawn_in_colour(client, job):
    answer = client.get(f"/v1/jobs/{job}/pages/1.png?dpi=72")
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert image.size == (595, 842)
    assert _is_red(image.getpixel((130, 109)))
    small = client.get(f"/v1/jobs/{job}/pages/1.jpg?dpi=36")
    assert small.headers["content-type"] == "image/jpeg"


def test_a_cell_is_cut_with_its_surroundings(client, job):
    answer = client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount/crop.png?dpi=144")
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    frame = client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount").json()["place"]["frame"]
    left, top, right, bottom = (
        share * size for share, size in zip(frame, (image.width, image.height) * 2, strict=True)
    )
    assert _is_red(image.getpixel((int(left) + 4, int(top) + 4)))
    assert _is_red(image.getpixel((int(right) - 4, int(bottom) - 4)))
    assert not _is_red(image.getpixel((int(left) - 6, int(top) - 6)))
    # As wide as rows are shown: the cell fills half the height and more.
    assert image.width > 3 * image.height
    assert bottom - top > image.height / 2


def test_black_ink_beside_a_seal_stays_black(client, review):
    image = Image.new("RGB", (595, 842), "white")
    pen = ImageDraw.Draw(image)
    pen.text((120, 102), "3", fill="black")
    pen.rectangle((140, 101, 156, 117), fill="red")
    out = io.BytesIO()
    image.save(out, "PDF", resolution=72.0)
    job = client.post("/v1/jobs", files={"file": ("page.pdf", out.getvalue())}).json()["id"]
    review(result(report(disclosure__fees__amount=field("3", 0.5))), job=job)
    answer = client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount/crop.png?of=figure&dpi=200")
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    # The figure stands left of the middle, the seal right of it.
    left = picture.crop((0, 0, picture.width // 2, picture.height))
    colours = [colour for _, colour in left.getcolors(left.width * left.height)]
    assert any(max(colour) < 90 for colour in colours)
    assert max(max(colour) - min(colour) for colour in colours) < 30


def test_what_is_not_there_cannot_be_drawn(client, job, subtests):
    for path, status in [
        ("pages/2.png", 404),
        ("pages/0.png", 422),
        ("pages/1.gif", 422),
        ("pages/1.png?dpi=1000", 422),
        ("fields/0/no.such/crop.png", 404),
    ]:
        with subtests.test(path=path, status=status):
            assert client.get(f"/v1/jobs/{job}/{path}").status_code == status


def test_a_document_that_cannot_be_drawn_is_said_to_be(client, review):
    job = review(result(report()))
    answer = client.get(f"/v1/jobs/{job}/pages/1.png")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:gio-extractor:problem:no-picture")


@pytest.fixture
def drawing(tmp_path):
    blobs = FolderBlobs(tmp_path / "blobs")
    blobs.leave_mark("of the test")
    made = Renderer(blobs)
    yield made, blobs.put(io.BytesIO(_pdf())).sha256
    made.close()


def test_a_process_that_dies_is_replaced(drawing):
    renderer, document = drawing
    first = renderer.draw(Picture(document, 1, 40))
    assert renderer.draw(Picture(document, 1, 40)) is first
    workers = renderer._pool._pool_manager.worker_manager.workers
    for pid in list(workers):
        os.kill(pid, signal.SIGKILL)
    assert renderer.draw(Picture(document, 1, 41))


def test_a_process_that_another_thread_ends_keeps_nobody_waiting(drawing):
    renderer, document = drawing
    drawn = []
    pictures = [Picture(document, 1, dpi) for dpi in (40, 41)]
    threads = [
        threading.Thread(target=lambda p=picture: drawn.append(renderer.draw(p)), daemon=True)
        for picture in pictures
    ]
    for thread in threads:
        thread.start()
    # The process is still starting: it is ended with one picture asked for, and another that waits for its turn.
    while not (renderer._pool and renderer._pool._pool_manager.task_manager.tasks):
        time.sleep(0.001)
    renderer.close()
    for thread in threads:
        thread.join(20)
    assert len(drawn) == len(pictures)


@pytest.mark.issue(26)
def test_what_nobody_waits_for_any_more_is_not_drawn(app, client, job):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    path = f"/v1/jobs/{job}/pages/1.png"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 429
    assert client.get(path).status_code == 200


@pytest.mark.issue(26)
def test_whoever_stops_waiting_gives_up_a_place_in_the_queue(drawing):
    renderer, document = drawing
    with renderer._turn:
        is_there = threading.Event()
        is_there.set()
        ended = []

        def wait():
            with pytest.raises(AbandonedError):
                renderer.draw(Picture(document, 1, 40), is_there.is_set)
            ended.append(True)

        thread = threading.Thread(target=wait)
        thread.start()
        is_there.clear()
        thread.join(20)
    assert ended == [True]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_frame_follows_the_picture_when_it_is_turned(drawing, turn):
    renderer, document = drawing
    cell = Box(100, 100, 160, 118)
    cut = cut_box(cell, 595, 842, turn)
    image = Image.open(io.BytesIO(renderer.draw(Picture(document, 1, 144, cut, turn)))).convert("RGB")
    left, top, right, bottom = frame_in_cut(cell, cut, turn)
    assert _is_red(image.getpixel((int(left * image.width) + 3, int(top * image.height) + 3)))
    assert _is_red(image.getpixel((int(right * image.width) - 4, int(bottom * image.height) - 4)))
    assert not _is_red(image.getpixel((max(0, int(left * image.width) - 6), 3)))
    assert (image.width > 3 * image.height) is (turn in {0, 180})


def test_a_picture_is_turned_back_by_its_skew(drawing):
    renderer, document = drawing
    cell = Box(60, 60, 200, 158)
    straight, leaning = (
        Image.open(io.BytesIO(renderer.draw(Picture(document, 1, 72, cell, skew=skew)))).convert("RGB")
        for skew in (0.0, 10.0)
    )
    assert straight.size == leaning.size
    # The upper edge of the red box is level, and rises to the right once ten degrees are taken from it.
    tops = [
        next(y for y in range(image.height) if _is_red(image.getpixel((x, y))))
        for image in (straight, leaning)
        for x in (50, 90)
    ]
    assert tops[0] == tops[1]
    assert tops[2] - tops[3] >= 6


def test_the_row_and_the_column_of_a_cell_are_cut_too(client, job):
    for part in ("label", "header"):
        answer = client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount/crop.png?of={part}")
        assert Image.open(io.BytesIO(answer.content)).width > 60
    alone = client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount/crop.png?of=figure&dpi=72")
    # The box of the field with three points around it.
    assert Image.open(io.BytesIO(alone.content)).size == (66, 24)
    assert client.get(f"/v1/jobs/{job}/fields/0/disclosure.fees.amount/crop.png?of=x").status_code == 422


def test_nothing_of_a_page_cannot_be_drawn(drawing):
    renderer, document = drawing
    with pytest.raises(PictureError, match="nothing"):
        renderer.draw(Picture(document, 1, 72, Box(700, 0, 800, 10)))
    with pytest.raises(PictureError):
        renderer.draw(Picture(document, 0, 72))


@pytest.mark.issue(26)
def test_a_bomb_is_not_drawn_and_the_next_picture_is(drawing, tmp_path):
    renderer, document = drawing
    for path in write_bombs(tmp_path / "bombs"):
        if path.stem in {
            "forms_of_forms",
            "content_packed_twice",
            "shading_by_a_program",
            "picture_of_gigapixels",
        }:
            bomb = renderer._blobs.put(io.BytesIO(path.read_bytes())).sha256
            started = time.monotonic()
            with pytest.raises(PictureError, match="limit"):
                renderer.draw(Picture(bomb, 1, 100))
            assert time.monotonic() - started < 10
    assert renderer.draw(Picture(document, 1, 40))


@pytest.mark.issue(26)
def test_one_picture_too_many_is_told_at_once_and_a_document_that_hangs_is_not_tried_again(
    drawing, monkeypatch
):
    renderer, document = drawing
    asked, go_on = [], threading.Event()

    def hang(path, picture):
        asked.append(picture)
        go_on.wait(30)
        raise HarmfulError("it hung")

    monkeypatch.setattr(renderer, "_ask", hang)
    told: list[type] = []

    def draw(dpi):
        try:
            renderer.draw(Picture(document, 1, dpi))
        except (PictureError, BusyError) as error:
            told.append(type(error))

    threads = [threading.Thread(target=draw, args=[40 + number], daemon=True) for number in range(60)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 10
    while told.count(BusyError) < 44 and time.monotonic() < end:
        time.sleep(0.01)
    assert told == [BusyError] * 44
    go_on.set()
    for thread in threads:
        thread.join(20)
    # One was tried; those that waited behind it were told so without being.
    assert len(asked) == 1
    assert len(told) == 60
    with pytest.raises(PictureError, match="a while ago"):
        renderer.draw(Picture(document, 1, 39))
