"""The Gemini API's stand-in: rules, token counts, files, batches and caches. The server itself is server.py."""
