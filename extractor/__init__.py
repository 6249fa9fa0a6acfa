"""What is known about documents: pages, tables, forms, readings, results. No broker, no weights, no web."""

__version__ = "0.1.0"
