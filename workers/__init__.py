"""Where it runs: the command line and the processes behind it."""

from extractor.wording.catalogue import add_texts

#: What this package is called, here and in a wheel.
PACKAGE = __name__
add_texts(f"{__name__}.shown")
