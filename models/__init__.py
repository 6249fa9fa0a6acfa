"""What was learned: pinned weights and the engines that run them. Knows `extractor`, never `workers`."""

from extractor.wording.catalogue import add_texts

#: What this package is called, here and in a wheel.
PACKAGE = __name__
add_texts(__name__)
