"""Stand-in servers for the APIs of models, to test against: they keep the rules strictly, and no model looks.

Every canned answer says that it is one. Rules and token counts are written from the APIs' documentation and share
nothing with livemon.vlm, so that they can disagree with it. What may be imported stands here, and nothing else.
"""

from livemon.testing.faults import FAULTS, Endpoint, Fault
from livemon.testing.gemini.server import GeminiServer
from livemon.testing.media import Media
from livemon.testing.openai.server import OpenAIServer
from livemon.testing.records import Refused, Request

__all__ = ["FAULTS", "Endpoint", "Fault", "GeminiServer", "Media", "OpenAIServer", "Refused", "Request"]
