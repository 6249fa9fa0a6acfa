"""Files on disk: results written whole or not at all, digests, where form files lie."""
