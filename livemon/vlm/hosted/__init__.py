"""Models behind HTTP: Gemini and OpenAI-compatible servers, their errors and transports.

Prompts, schemas and what an answer means do not belong here (../).
"""
