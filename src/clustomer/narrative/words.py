"""Words: those that a model may use, and those that would state something without a fact.

The list of plain words is closed. What it lacks can still be said by quoting the report, whose
sentences are proven, or by a comparison that the program writes.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a text.

    >>> sorted(words("one two"))
    ['one', 'two']
    """
    return frozenset(text.split())


NUMBERS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred hundreds thousand thousands million millions billion billions dozen dozens couple "
    "first second third fourth fifth tenth half halve halved halves quarter quarters thirds once "
    "twice thrice double doubled doubles doubling triple tripled triples tripling quadruple "
    "quadrupled single pair percent percentage pct per"
)
"""Words that are numbers: an amount is a fact, and nothing else."""

AMOUNTS = words(
    "most majority minority many much few fewer little several some all every each everybody none "
    "nobody nothing any always never only just almost nearly roughly approximately around barely "
    "hardly mostly mainly largely predominantly plenty numerous countless entire entirely whole "
    "total overall average averages typical typically usually often rarely seldom sometimes "
    "frequently enough rest remainder bulk handful vast"
)
"""Words that say how much or how often."""

COMPARISONS = words(
    "more less than higher lower highest lowest larger smaller largest smallest bigger biggest "
    "greater greatest better worse best worst top bottom above below over under exceed exceeds "
    "exceeded surpass outperform outperforms beat beats lead leads leading ahead behind last equal "
    "equals same similar unlike compared versus against rather stronger weaker richer poorer "
    "newer older faster slower sooner later longer shorter cheaper earlier increasingly "
    "disproportionate disproportionately outsized major main primary key core superior"
)
"""Words that compare: the program writes comparisons, where they hold."""

EFFECTS = words(
    "increase increases increased increasing decrease decreases decreased boost boosts boosted "
    "lift lifts lifted raise raises raised grow grows grew growing growth rise rises rose fall "
    "falls fell drop drops dropped drive drives drove driven cause causes caused because therefore "
    "thus hence result results resulted resulting guarantee guarantees ensure ensures ensured "
    "will would shall must improve improves improved reduce reduces reduced maximize maximise "
    "prove proves proven predict predicts likely unlikely probably surely certainly expect expects "
    "soar soared shrink shrank decline declined declining recover recovered change changed changes "
    "make makes made earn earns lose loses lost save saves win wins won cost costs"
)
"""Words that promise or explain: no effect is claimed that was not measured."""

NEGATIONS = words(
    "no not nor neither without cannot isn't aren't wasn't weren't don't doesn't didn't won't "
    "wouldn't can't couldn't haven't hasn't hadn't nothing except but unless lack lacks lacking "
    "fail fails failed stop stops stopped refuse avoid avoids"
)
"""Words that turn a statement round."""

REFUSED = NUMBERS | AMOUNTS | COMPARISONS | EFFECTS | NEGATIONS
"""No sentence may hold one of these, unless the report itself says it so."""

PLAIN = (
    words(
        # what holds a sentence together
        "a an the this that these those it its they them their theirs he she you your yours we our "
        "us i my who whom whose which what when where how why and or so if then as at by for from "
        "in into of off on onto out through to toward towards up with within among between during "
        "about after before since until while also too both either is are was were be been being "
        "am do does did have has had can could may might should here there"
    )
    | words(
        # what is spoken of; what customers did is a fact, so that verbs of it are wanting
        "customer customers shop shops shopper shoppers people group groups segment segments "
        "order orders purchase purchases visit visits view views product products item items "
        "category categories brand brands cart carts basket revenue money sale sales value margin "
        "spend spending share shares number numbers figure figures fact facts name names report "
        "data period lifecycle stage forecast market marketing budget budgets business "
        "bring brings brought stand stands have has hold holds account accounts "
        "give gives make up"
    )
    | words(
        # what one can do about them
        "begin begins start starts keep keeps use uses used using choose chooses ask asks send "
        "sends show shows offer offers offered invite invites thank thanks remind reminds reminder "
        "reminders suggest suggests recommend recommends test tests tested try tries measure "
        "measures measured compare watch watches check checks look plan plans planned target "
        "targets write writes email emails mail message messages newsletter newsletters campaign "
        "campaigns advert adverts letter call offer action actions step steps next list lists "
        "group control random part hold let help helps answer answers question questions see know "
        "find turn need needs want wants go goes get gets please let's deserve attention focus "
        "priority address talk consider decide decision reason reasons idea ideas way ways side "
        "treat contact contacting reach reached speak"
    )
)
"""What any sentence may use."""

CAMPAIGN = words(
    "hello dear welcome hi subject line text we've we're you're you've it's here's enjoy discover "
    "explore selection choice pick picks picked favourite favourites favorite favorites new "
    "delivery shipping free discount voucher code gift sample early access preview arrivals "
    "collection today tomorrow now soon again waiting ready special small personal missed miss "
    "glad happy pleased rate rating review reviews feedback regards team love home still left "
    "time inside open click link reply yours kind warm note card saved basket glance things"
)
"""What a draft of a campaign may use besides: it speaks to customers, and states nothing."""
