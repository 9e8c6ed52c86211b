"""Whether a segment's name is proved, which its certificate must know."""

from collections.abc import Mapping
from dataclasses import replace

from clustomer.certificates.certificate import Certificates, Usable
from clustomer.insights.naming.names import Name


def with_names(certificates: Certificates, named: Mapping[str, Name]) -> Certificates:
    """Return the certificates with what naming found.

    A segment without a proved name is weakly usable at best.
    """
    return replace(
        certificates,
        segments={
            key: replace(segment, usable=_named(segment.usable, named[key].proved))
            if key in named
            else segment
            for key, segment in certificates.segments.items()
        },
    )


def _named(usable: Usable, proved: bool) -> Usable:
    if proved:
        return replace(usable, named=True)
    return replace(usable, named=False, mark="weak" if usable.mark == "pass" else usable.mark)
