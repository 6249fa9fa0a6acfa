"""Printed straight lines: tracked, and told where they are broad, worn, dashed or gone."""
