"""The service over HTTP: the API of the contract, and plain pages for people."""
