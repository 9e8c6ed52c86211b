"""Who may see the pages, and what the server may do: stated when it starts, kept in private."""

import hmac
import ipaddress
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from clustomer.errors import UsageError

FILE = "access.json"
SHORTEST_TOKEN = 12


@dataclass(frozen=True)
class Access:
    """The token that is asked for, if any, and the language model that may be asked, if any."""

    token: str | None = None
    llm: str | None = None
    model: str | None = None

    def accepts(self, token: str) -> bool:
        """Whether this is the token; takes as long whatever was given.

        >>> Access("a long secret").accepts("a long secret"), Access("a long secret").accepts("a")
        (True, False)
        """
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())


def check_access(host: str, access: Access) -> None:
    """Raise UsageError where other machines could see the pages without a token.

    >>> check_access("127.0.0.1", Access())
    >>> check_access("0.0.0.0", Access())
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: On 0.0.0.0 other machines could see every customer. ...
    """
    if access.token is not None and len(access.token) < SHORTEST_TOKEN:
        raise UsageError(
            f"The token has {len(access.token)} characters; at least {SHORTEST_TOKEN} were "
            "expected. Give one that nobody guesses."
        )
    if not is_loopback(host) and access.token is None:
        raise UsageError(
            f"On {host} other machines could see every customer. A token was expected with it: "
            "give --token, which each reader is asked for, or leave out --host."
        )
    if (access.llm is None) != (access.model is None):
        raise UsageError(
            "--llm and --model belong together: the server, and the name of a model there. Give "
            "both, or neither for the program's own text."
        )


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("shop.example")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def write_access(folder: Path, access: Access) -> None:
    """Write it into a folder, for nobody else to read."""
    path = folder / FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(access), file)


def read_access(folder: Path) -> Access:
    """Read what `write_access` wrote."""
    return Access(**json.loads((folder / FILE).read_text(encoding="utf-8")))
