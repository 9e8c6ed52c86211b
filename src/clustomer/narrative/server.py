"""The server of a model: one question, one answer, within a time and a size."""

import json
import os
import threading
from dataclasses import dataclass
from typing import Any

from clustomer.errors import ClustomerError, InputError, UsageError, first_line

LARGEST = 1_000_000
"""Bytes of an answer; no honest one is longer."""

KEY = "CLUSTOMER_LLM_KEY"
"""The environment variable with the key of the server; OPENAI_API_KEY goes to OpenAI alone."""

_SCHEMES = ("http://", "https://")


class AnswerError(Exception):
    """The server gave nothing that could be read as an answer."""


class LateError(AnswerError):
    """The server gave nothing in the time that it had."""


@dataclass(frozen=True)
class Server:
    """Any server that speaks the chat completions of OpenAI: Ollama, vLLM, LM Studio, llama.cpp.

    Parameters
    ----------
    url : str
        Up to `/v1`, as `http://localhost:11434/v1`.
    seconds : float, default 120
        After which an answer is given up.
    """

    url: str
    seconds: float = 120.0

    def __post_init__(self) -> None:
        if not self.url.startswith(_SCHEMES):
            raise UsageError(
                f"The server is {self.url!r:.80}; an address such as http://localhost:11434/v1 was "
                "expected. Give the one that your server prints, up to /v1."
            )
        if not self.seconds > 0:
            raise UsageError(
                f"The time to wait is {self.seconds!r}; seconds above 0 were expected. Give 120, "
                "say."
            )

    def answer(self, request: dict[str, Any]) -> str:
        """Return what the model wrote; raise AnswerError, with the reason, where there is none."""
        result: list[str | BaseException] = []

        def ask() -> None:
            try:
                result.append(self._post(request))
            except BaseException as error:  # handed to the caller
                result.append(error)

        httpx()
        # a server may send a byte a minute for ever: no time-out of a single read ends that
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(self.seconds)
        if not result:
            raise LateError(f"it did not answer within {self.seconds:g} seconds")
        [content] = result
        if isinstance(content, AnswerError | ClustomerError):
            raise content
        if isinstance(content, BaseException):
            raise AnswerError(first_line(content).rstrip(".")) from content
        return content

    def _post(self, request: dict[str, Any]) -> str:
        status, body = self._sent(request)
        if status == 400 and "response_format" in request:
            # a server that knows no schema is asked without
            plain = {name: part for name, part in request.items() if name != "response_format"}
            status, body = self._sent(plain)
        if status != 200:
            raise AnswerError(
                f"it answered with status {status}: {body[:200].decode(errors='replace')}"
            )
        try:
            content = json.loads(body)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError) as error:
            raise AnswerError("what it sent is no chat completion") from error
        if not isinstance(content, str):
            raise AnswerError("what it sent holds no text")
        return content

    def _sent(self, request: dict[str, Any]) -> tuple[int, bytes]:
        key = os.environ.get(KEY)
        if key is None and self.url.startswith("https://api.openai.com/"):
            key = os.environ.get("OPENAI_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        client = httpx()
        with client.stream(
            "POST",
            f"{self.url.rstrip('/')}/chat/completions",
            json=request,
            headers=headers,
            timeout=self.seconds,
            follow_redirects=False,
        ) as response:
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise AnswerError(f"it sent more than {LARGEST:,} bytes")
            return response.status_code, body


def httpx() -> Any:
    """Return the package that sends requests; raise InputError where the extra is missing."""
    try:
        import httpx as package
    except ImportError as error:
        raise InputError(
            "A language model is asked through the package httpx, which is not installed. "
            "Install it with: pip install 'clustomer[llm]', or leave out --llm for the program's "
            "own text."
        ) from error
    return package
