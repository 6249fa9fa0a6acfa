"""Where it runs: the command line and the processes behind it."""

from extractor.wording.catalogue import add_texts

add_texts("workers.shown")
