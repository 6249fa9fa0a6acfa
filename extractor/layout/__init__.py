"""Where tables are, and where their rows and columns run."""

#: Changes when tables are found or rows named so differently that a calibrator fitted on earlier results no longer
#: knows how often they are right; its card names the version it was fitted with.
LAYOUT_VERSION = "2"
