"""Forms as data: what one defines, how its file is read, and every fault of one with its line."""
