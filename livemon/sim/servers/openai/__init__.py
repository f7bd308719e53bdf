"""The OpenAI-compatible stand-in: chat completions with pictures. The server itself is server.py."""
