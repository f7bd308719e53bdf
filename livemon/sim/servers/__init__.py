"""Stand-in servers for the APIs of models, to test against: they keep the rules strictly, and no model looks.

Every canned answer says that it is one. Rules and token counts are written from the APIs' documentation and share
nothing with livemon.vlm, so that they can disagree with it. This file holds the public imports, and nothing else.
"""

from livemon.sim.servers.faults import FAULTS, Endpoint, Fault
from livemon.sim.servers.gemini.server import GeminiServer
from livemon.sim.servers.media import ReceivedMedia
from livemon.sim.servers.openai.server import OpenAIServer
from livemon.sim.servers.records import ReceivedRequest, Refused

__all__ = ["FAULTS", "Endpoint", "Fault", "GeminiServer", "OpenAIServer", "ReceivedMedia", "ReceivedRequest", "Refused"]
