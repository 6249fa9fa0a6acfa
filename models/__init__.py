"""What was learned: pinned weights and the engines that run them. Knows `extractor`, never `workers`."""

from extractor.wording.catalogue import add_texts

add_texts("models")
