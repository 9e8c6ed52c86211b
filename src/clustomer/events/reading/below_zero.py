"""Purchases below 0: a few are slips, and more may be refunds, which only a person knows."""

from dataclasses import dataclass

from clustomer.errors import AmbiguousError
from clustomer.progress import counted

MAX_SLIPS = 0.01
"""Purchases below 0 are slips where they are at most this share of the purchases, and of what
these are worth."""


@dataclass(frozen=True)
class BelowZero:
    """Purchases with an amount or quantity below 0, which are not kept.

    `worth` is what they add up to, without a sign; `purchases` and `revenue` are those of the
    rows that are kept; `sample` is one of them, as the source writes it.
    """

    rows: int
    worth: float
    purchases: int
    revenue: float
    sample: str

    def require_few(self, label: str) -> None:
        """Stop where these may be refunds that matter.

        Raises
        ------
        AmbiguousError
            With what each answer would make of them.
        """
        few = self.rows <= MAX_SLIPS * (self.rows + self.purchases)
        if few and self.worth <= MAX_SLIPS * self.revenue:
            return
        worth = f", worth {self.worth:,.2f}{' together' if self.rows > 1 else ''}" * bool(
            self.worth
        )
        raise AmbiguousError(
            f"{counted(self.rows, 'purchase')} of {label} {'is' if self.rows == 1 else 'are'} "
            f"below 0, such as {self.sample!r}{worth}, beside {self.purchases:,} above 0. Refunds, "
            "or slips?",
            "returns_are_negative",
            {"true": "returns of that much", "false": "rejected"},
        )
