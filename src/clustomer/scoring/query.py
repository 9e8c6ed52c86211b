"""From a table of customers to their segments, as one portable query."""

from sqlglot import exp

from clustomer.engines import literal
from clustomer.scoring.definition import Definition
from clustomer.scoring.rare import ScoredRare
from clustomer.segments import assignment_query
from clustomer.segments.labels import by_cluster, labels_query, with_parts_of

COLUMNS = (
    *("user_id", "segment_id", "segment", "cluster", "distance", "border_distance"),
    "unlike",
)
"""What scoring tells of each customer."""


def scored_query(definition: Definition, rare: ScoredRare | None = None) -> exp.Select:
    """Return the query that gives each row of the table `customers` its segment.

    Its columns are `COLUMNS`, and `RARE_COLUMNS` where rare kinds are scored. `unlike` marks
    customers who are farther from the middle of their segment than any customer of the run was, or
    who have a value of a feature that lies as far outside the range of the run as that range is
    wide.
    """
    model = definition.model
    ids = {cluster: segment_id for cluster, (segment_id, _) in definition.segments.items()}
    names = {cluster: name for cluster, (_, name) in definition.segments.items()}
    query = exp.select(
        exp.alias_(exp.column("user_id", table="labels"), "user_id"),
        exp.alias_(by_cluster(ids), "segment_id"),
        exp.alias_(by_cluster(names), "segment"),
        *(exp.column(name, table="labels") for name in ("cluster", "distance", "border_distance")),
        exp.alias_(_unlike(definition), "unlike"),
    )
    query = query.from_("labels").join("customers", on="labels.user_id = customers.user_id")
    if rare is not None:
        query = rare.beside(query)
    return with_parts_of(assignment_query(model), query, "labels")


def labelled_query(definition: Definition) -> exp.Select:
    """Return the query that gives each row of the table `customers` its segment, and no more.

    Its columns are those of `segments.parquet`, without facets but the rare kinds.
    """
    query = labels_query(definition.model, definition.segments)
    return query if definition.rare is None else definition.rare.beside(query)


def _unlike(definition: Definition) -> exp.Case:
    clusters = {part.segment_id: part.cluster for part in definition.model.segments}
    conditions: list[exp.Expr] = []
    for segment_id, radius in definition.scoring.radii.items():
        if segment_id in clusters:
            in_it = exp.EQ(
                this=exp.column("cluster", table="labels"), expression=literal(clusters[segment_id])
            )
            farther = exp.GT(
                this=exp.column("distance", table="labels"), expression=literal(float(radius))
            )
            conditions.append(exp.and_(in_it, farther))
    for name, seen in definition.scoring.seen.items():
        width = seen.highest - seen.lowest
        column = exp.column(name, table="customers")
        conditions += [
            exp.GT(this=column, expression=literal(seen.highest + width)),
            exp.LT(this=column.copy(), expression=literal(seen.lowest - width)),
        ]
    if not conditions:
        return exp.Case().when(exp.false(), exp.true()).else_(exp.false())
    return exp.Case().when(exp.or_(*conditions, copy=False), exp.true()).else_(exp.false())
