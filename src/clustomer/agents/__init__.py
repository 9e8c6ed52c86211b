"""Tools for agents: what a program may ask of results, and the check of what it says."""

from clustomer.agents.answers import Answers
from clustomer.agents.server import mcp_server

__all__ = ["Answers", "mcp_server"]
