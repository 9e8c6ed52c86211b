"""The picture of a tree: how the segments grew out of smaller groups."""

from collections.abc import Sequence

from clustomer.outputs.charts import Figure, dendrogram_chart
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SegmentLook
from clustomer.segments import Segmentation


def dendrogram_figure(
    pen: Pen, looks: Sequence[SegmentLook], segmentation: Segmentation
) -> Figure | None:
    """Draw the last joins of a tree, where one was cut."""
    tree = segmentation.dendrogram
    if tree is None or not tree.merges:
        return None
    shares = [pen.label(f"tree.leaf.{place + 1}") for place in range(len(tree.shares))]
    groups = "{tree.leaves:group/groups}"
    who = "a sample of the customers" if segmentation.algorithm.sample_customers else "customers"
    return pen.draw(
        "dendrogram",
        lambda layout: dendrogram_chart(
            tree, looks, segment_ids=segmentation.segment_ids, shares=shares, layout=layout
        ),
        title="How the segments grew out of smaller groups",
        note=f"The last joins of a tree of {who}: at the left {groups}, each with its share of "
        "the customers; step by step the two that differ least are joined. Where the tree is cut, "
        "its branches are the segments; then each customer is put with the nearest of them.",
        description=f"A tree of {groups} that are joined step by step, cut into segments.",
    )
