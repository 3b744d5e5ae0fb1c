"""The learning record store over HTTP: the resources of xAPI 1.0.3 and 2.0."""
