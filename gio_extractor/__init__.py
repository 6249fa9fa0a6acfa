"""What an installation begins with: the command, and what `import extractor` finds behind the entry point.

In a wheel this package also holds `models` and `workers`, whose names as packages of their own could be a user's
(`hatch_build.py`).
"""
