"""The picture of the choice of K: what each criterion says of each number of segments."""

from collections.abc import Iterator

from clustomer.insights import reason_sentence
from clustomer.insights.facts import escape
from clustomer.outputs.charts import Figure, choice_of_k_chart
from clustomer.outputs.figures.pen import Pen
from clustomer.segments import Selection

_NUMBER_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
)


def choice_of_k_figure(pen: Pen, selection: Selection) -> Figure | None:
    """Draw the criteria over K, where there was one to choose."""
    if selection.criteria.num_rows < 2:
        return None
    taken = _in_words(selection.crowd_k, _number(selection))
    return pen.draw(
        "choice_of_k",
        lambda layout: choice_of_k_chart(
            selection.criteria, k=selection.crowd_k, elbow=selection.elbow_k, layout=layout
        ),
        title=_why_so_many(selection),
        note=" ".join(_how_to_read(selection)),
        description=f"Small panels, one for each criterion, with a line over the number of "
        f"segments; {taken} {'was' if selection.crowd_k == 1 else 'were'} taken. "
        + escape(reason_sentence(selection.reason)),
    )


def _how_to_read(selection: Selection) -> Iterator[str]:
    measured = {
        name
        for name in selection.criteria.column_names
        if selection.criteria[name].null_count < selection.criteria.num_rows
    }
    if "lowest_jaccard" in measured:
        yield (
            "Stability: how much of the least stable segment is recovered in small samples of the "
            "customers; the dotted line is what is needed. Hollow: not all segments are stable, or "
            "one has too few customers."
        )
    if "holdout_r2" in measured:
        yield "Holdout R²: how much of what customers did next is told."
    yield (
        "Silhouette: how clearly customers belong to their own segment. Elbow: where the spread "
        "inside the segments stops falling fast."
    )
    if "gap" in measured:
        yield "Prediction strength and gap are there to be compared, and decide nothing."
    yield "Bands are one standard error."


def _why_so_many(selection: Selection) -> str:
    noun = "segment" if selection.crowd_k == 1 else "segments"
    title = f"{_in_words(selection.crowd_k, _number(selection)).capitalize()} {noun}"
    if selection.rare_clusters:
        title += " beside the rare kinds"
    match selection.rule:
        case "no structure":
            return f"{title}: no division of the customers held up"
        case "holdout_r2":
            return f"{title}: no other number that holds up tells clearly more"
        case "density_dip":
            return f"{title}: the most that are all stable and set apart from their neighbours"
        case "stability":
            return f"{title}: the most that are all stable and as clearly apart as any"
        case "least unstable":
            return f"{title}, the least unstable number: at none are all segments stable"
    elbow, silhouette = selection.elbow_k, selection.silhouette_k
    curves = []
    if elbow is not None and elbow == silhouette:
        curves = [f"the elbow and the silhouette both point to {_in_words(elbow, 'elbow_k')}"]
    else:
        if elbow is not None:
            curves.append(f"the elbow is at {_in_words(elbow, 'elbow_k')}")
        if silhouette is not None:
            words = _in_words(silhouette, "silhouette_k")
            curves.append(f"the silhouette is highest at {words}")
    if selection.rule == "fixed":
        asked = "the only number to try" if selection.requested == "auto" else "as asked for"
        return "; ".join([f"{title}, {asked}", " and ".join(curves)] if curves else [title])
    if selection.k == elbow == silhouette:
        return f"{title}: the elbow and the silhouette agree"
    return f"{title}: {' and '.join(curves)}" if curves else title


def _number(selection: Selection) -> str:
    """Return the name of the fact that is the number that was chosen."""
    return "crowd_k" if selection.rare_clusters else "k"


def _in_words(number: int, name: str) -> str:
    """Return a small number as a word, as a title says it, and a larger one as its fact.

    >>> _in_words(4, "k"), _in_words(40, "k")
    ('four', '{clustering.k}')
    """
    return _NUMBER_WORDS[number] if number < len(_NUMBER_WORDS) else f"{{clustering.{name}}}"
