"""`python -m livemon` is `livemon`."""

from livemon.cli import app

app()
