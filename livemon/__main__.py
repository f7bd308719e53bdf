"""`python -m livemon` is `livemon`."""

from livemon.cli.app import app

app()
