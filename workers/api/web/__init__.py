"""The application, who may use it, pages and probes."""
