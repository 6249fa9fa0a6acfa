"""What was learned: pinned weights and the engines that run them. Knows `extractor`, never `workers`."""
