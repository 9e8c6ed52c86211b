"""What the verdicts and the tests of a certificate mean."""

from clustomer.insights.blocks import Explanation

VERDICTS = {
    "segments": "real groups",
    "continuum": "a useful division of a continuum",
    "undecided": "undecided",
    "none": "no structure found",
    "not tested": "not tested",
}
"""The verdict in a few words, while the run goes on."""
HEADLINES = {
    "segments": "There are real groups: gaps set {reality.apart} of the "
    "{clustering.k:segment/segments} apart, with {reality.apart_share} of the customers.",
    "segments with revenue": "There are real groups: gaps set {reality.apart} of the "
    "{clustering.k:segment/segments} apart, with {reality.apart_share} of the customers and "
    "{reality.apart_revenue_share} of the revenue.",
    "continuum": "Useful segments without sharp borders: customers differ by degree, not by kind.",
    "partly apart": "Useful segments, most without sharp borders: gaps set {reality.apart} of the "
    "{clustering.k:segment/segments} apart, with only {reality.apart_share} of the customers.",
    "undecided": "Undecided: the data do not settle whether these segments are groups.",
    "useful": "Useful segments: whether gaps set them apart could not be tested.",
    "none": "No structure found: everyone is one segment.",
    "alone": "No structure found: everyone is one segment.",
    "forced": "No structure found: these segments are delivered because they were asked for.",
    "defined": "No structure found: these segments are definitions, and claim none.",
    "untested": "Not certified: what matters most could not be tested.",
    "left out": "Nothing was certified.",
}
RELIED_ON = ("segments", "continuum", "partly apart", "undecided", "useful")
"""Headlines of segments that are delivered as found."""
GIVEN_THEIR_NUMBER = (
    "How many segments there are is not certain: only {clustering.returned} of "
    "{clustering.draws:random draw/random draws} of the customers gave {clustering.k} again. What "
    "the certificate says holds for these {clustering.k}."
)
GIVEN_THEIR_NUMBER_BESIDE_RARE = (
    "How many segments there are beside the rare kinds is not certain: only {clustering.returned} "
    "of {clustering.draws:random draw/random draws} of the customers gave {clustering.crowd_k} "
    "again. What the certificate says holds for these {clustering.crowd_k} and the rare kinds."
)
BY_FACETS = {
    "held": "That is about how much they buy and how often they come. There are groups in {what}: "
    "see below.",
    "not looked for": "Groups in what customers buy, or when they come, would not show here.",
}
"""What the verdict on the segments does not speak of, by what became of the facets."""
_ON_USE = (
    "Use them to decide whom to address, and do not call them types of people: a customer near a "
    "border is much like those beyond it."
)
MEANINGS = {
    "segments": (
        "Simulated shops with one kind of customer did not show such gaps. The certificate says "
        "what each segment passed.",
    ),
    "continuum": (
        "The segments tell what customers do next, but their borders are soft: taken together, the "
        "gaps between them are no deeper than in simulated shops with one kind of customer.",
        _ON_USE,
    ),
    "partly apart": (
        "The other segments blend into their neighbours: the gaps around them are no deeper than "
        "in simulated shops with one kind of customer. All together the segments tell what "
        "customers do next.",
        _ON_USE,
    ),
    "useful": (
        "The segments tell what customers do next. Whether gaps set them apart is not known; the "
        "certificate says why.",
        _ON_USE,
    ),
    "alone": (
        "There was nothing to divide the customers by. So this report speaks of all customers "
        "together.",
    ),
    "forced": (
        "The tests found no groups in these customers. The segments are an arbitrary division: "
        "other customers, or another month, could give other ones.",
    ),
    "defined": (
        "Each customer is in a segment by its definition. That the segments are groups, or tell "
        "what customers do next, the tests do not show.",
    ),
    "untested": (
        "Whether these segments are real groups, and whether they tell what customers do next, "
        "could not be tested. The certificate says why, and what could be.",
    ),
    "left out": (
        "Whether these segments are real, stable, predictive and usable is not known: the tests "
        "were left out.",
        "Run it again with the tests before you spend money on the segments.",
    ),
}
UNDECIDED = {
    "gaps": "Chance alone does not explain the gaps between the segments. Whether customers of "
    "one kind could leave such gaps is too near to call: other simulated shops could tip it.",
    "bursts": "Chance alone does not explain the gaps between the segments. But customers of one "
    "kind can leave such gaps, too, where their visits come in bursts.",
    "customers alike": "Chance alone does not explain the gaps between the segments. But customers "
    "of one kind can leave such gaps, too, where much grows with how often they come.",
    "stability": "Whether most of the segments would come out again with other customers is too "
    "near to call.",
    "few apart": "Gaps set {reality.apart} of the {clustering.k:segment/segments} apart, with only "
    "{reality.apart_share} of the customers.",
    "apart": "Gaps set {reality.apart} of the {clustering.k:segment/segments} apart, with "
    "{reality.apart_share} of the customers. But a kind of customer lasts, and these may be a "
    "rhythm of visits.",
}
"""Why a verdict is undecided."""
TOLD = {
    "pass": "They tell what customers do next, so use them to decide whom to address, and do not "
    "take them for kinds of people.",
    "weak": "They tell little of what customers do next: use them to describe, and test before you "
    "spend money on them.",
    "fail": "They do not tell what customers do next: use them to describe, and test before you "
    "spend money on them.",
    "not tested": "Whether they tell what customers do next could not be tested either.",
}
"""What segments tell of what came next, where the verdict is undecided; by the mark."""
FORCED = (
    "Warning: no structure was found in these customers. The segments were forced, and nothing "
    "shows that they are groups."
)
NULLS = {
    "independent visits": "each visit is dealt on its own, whosesoever it was",
    "bursts": "visits that follow each other closely stay together, so that one project of a "
    "customer is no kind of customer",
    "customers alike": "visits are dealt among customers who come about as often, so that what "
    "grows with coming often is no kind of customer",
}
"""How null shops are drawn, each as half a sentence."""

EXPLANATIONS = (
    Explanation(
        "Stable",
        "Had other customers of the same shop been drawn, the same group would have come out, with "
        "the number of segments kept. How often another draw gives another number stands under "
        "“Why so many”.",
        "Mean Jaccard similarity with the most similar cluster over at least "
        "{threshold.resamples} bootstrap resamples of at most "
        "{threshold.resample_customers:customer/customers}, each clustered anew (Hennig, 2007, "
        "doi:10.1016/j.csda.2006.11.025): from {threshold.jaccard_valid} pass, above "
        "{threshold.jaccard_dissolved} weak, else fail, since the cluster dissolves. It is weak, "
        "too, where two random halves of each customer's visits (split halves) agree no better "
        "than halves of different customers. Labels are those of the stored rule; customers in "
        "no group are left out. A bootstrap of all customers decides nothing: it nears one as "
        "customers grow in number, groups or none.",
    ),
    Explanation(
        "Set apart",
        "A gap sets it apart, deeper than in simulated shops with one kind of customer. A segment "
        "that fails blends into its neighbours: that harms no campaign, but it is no type of "
        "people.",
        "The statistic is the density dip: the depth of the shallowest one on the lines from the "
        "segment's centre to the others: one less the density at the bottom over that of the "
        "lower side; of all segments together, the mean over customers. The null is made of "
        "events, not of features: one population with smoothly varying activity (zero-truncated "
        "negative binomial counts, arrival times), the contents of visits drawn from everyone's, "
        "or in bursts, or from customers who come about as often, whichever is strictest; sent "
        "through the same features and scaling, and divided anew into as many segments. A "
        "segment passes {threshold.segment_depth} above the {threshold.null_percentile}th "
        "percentile of {threshold.null_worlds} such worlds, if all together pass, which takes "
        "{threshold.depth}, cleared by {threshold.border_errors} standard errors; a mere excess is "
        "weak, since with many customers any misfit is significant. The verdict of real groups "
        "needs {threshold.apart_share} of the customers in segments that pass. There is no p-value "
        "for features that made the clusters: it would be circular.",
    ),
    Explanation(
        "Predictive",
        "Made at an earlier date, it told what its customers did afterwards.",
        "A temporal holdout: features, scaling and K from the time before the date and from half "
        "of the customers (by MD5 of their id), outcomes after it and from the other half. Lifts "
        "over everyone have bootstrap intervals of {threshold.confidence}, their p-values are "
        "adjusted by Holm's method (1979) over segments and outcomes. A segment inherits the "
        "result of the segment found at the date where the Jaccard similarity of the two is at "
        "least {threshold.jaccard_matched}; otherwise it is not tested. A pass needs an adjusted "
        "p below {threshold.level} and a lift that is a fifth above or below everyone's. All "
        "segments together pass with an AUC of {threshold.auc} for buying or coming back, or "
        "{threshold.r2} of the variance of capped revenue.",
    ),
    Explanation(
        "Usable",
        "It is large enough to act on, has a name that its numbers prove, and can be said in one "
        "short rule.",
        "At least {threshold.smallest_share} of the customers or "
        "{threshold.smallest_revenue_share} of the revenue, else fail; a name from the rules "
        "below; a conjunction of at most three conditions, found by a beam search (subgroup "
        "discovery; Herrera and others, 2011), with a precision of at least {threshold.precision} "
        "and a recall of at least {threshold.recall} on customers it was not sought on, otherwise "
        "weak.",
    ),
)
