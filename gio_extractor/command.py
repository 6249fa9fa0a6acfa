"""The `extractor` command."""

from workers.cli.start import main as main
