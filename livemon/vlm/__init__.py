"""Asks models about pictures. Knows nothing of cameras, SQL or HTTP."""
