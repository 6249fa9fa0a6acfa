"""Where the pages of a document lie between being read and being understood.

Pages are read one by one, and can be read elsewhere or have been read before; reports are understood when all are
there. A shelf may keep pages as files, so that a long document takes no more memory than a short one.
"""

from __future__ import annotations

from typing import Protocol

from extractor.values.read_page import ReadPage, ReadRun, Run


class PageShelf(Protocol):
    """Pages of one document, by their numbers from 1."""

    def find(self, page_no: int) -> ReadPage | None:
        """The page, if it has been read already, here or elsewhere."""
        ...

    def put(self, page_no: int, read: ReadPage) -> ReadPage:
        """Keeps a page; the same page as it is to be held from now on, its picture wherever the shelf has it."""
        ...

    def find_run(self, run: Run) -> ReadRun | None:
        """What these pages say, if that has been found out already elsewhere."""
        ...


class NoShelf:
    """Keeps nothing: pages are held in memory by whoever reads them."""

    def find(self, page_no: int) -> ReadPage | None:
        """None."""
        del page_no
        return None

    def put(self, page_no: int, read: ReadPage) -> ReadPage:
        """The page itself."""
        del page_no
        return read

    def find_run(self, run: Run) -> ReadRun | None:
        """None."""
        del run
        return None
