"""One file per command; each turns options into one validated request and hands it on."""
