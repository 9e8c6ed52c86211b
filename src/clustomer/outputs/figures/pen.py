"""What every picture of a report is drawn with: its facts, and the warning that goes with it."""

from collections.abc import Callable
from dataclasses import dataclass

from clustomer.insights import Facts
from clustomer.outputs.charts import Figure, draw
from clustomer.outputs.charts.figure import Layout, Piece
from clustomer.outputs.charts.layers import Label, Specification
from clustomer.outputs.theme import unbroken


@dataclass(frozen=True)
class Pen:
    """Draws the pictures of one report; a warning goes wherever a picture goes."""

    facts: Facts
    warning: str

    def draw(
        self,
        name: str,
        chart: Callable[[Layout], Specification],
        *,
        title: str,
        note: str,
        description: str,
    ) -> Figure:
        """Draw a picture whose texts hold facts."""
        return draw(
            name,
            chart,
            title=title,
            note=f"{self.warning} {note}" if self.warning else note,
            description=description,
            say=self._pieces,
        )

    def label(self, fact_id: str) -> Label:
        """Return a fact as a picture writes it; nothing where it is not known."""
        if fact_id not in self.facts or self.facts[fact_id].value is None:
            return Label("")
        return Label(unbroken(self.facts, fact_id, self.facts.format(fact_id)), fact_id)

    def _pieces(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []

        def number(fact_id: str, written: str) -> str:
            pieces.append((unbroken(self.facts, fact_id, written), fact_id))
            return ""

        def words(written: str) -> str:
            pieces.append((written, ""))
            return ""

        self.facts.render(text, wrap=number, literal=words)
        return pieces
