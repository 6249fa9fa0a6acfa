"""Archives on this machine: inputs, processes, one result a document."""
