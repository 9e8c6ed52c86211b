"""What the results mean, and answers to questions."""

import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop, plain
from clustomer.narrative import Server, narrate

_CHAPTERS = ("spend", "facet-taste", "facet-time", "facet-path", "facet-crossings", "rare-kinds")
_WAIT = 120.0


def insights(shop: Shop, chosen: Filters) -> None:
    """Show what is at stake, and answer what is asked."""
    st.title("Insights")
    access = shop.access
    with st.form("asking", border=True):
        question = st.text_input(
            "Ask the results",
            key="question",
            placeholder="Which segment should get the spring budget?",
        )
        asked = st.form_submit_button("Ask")
        st.caption(
            "Answered from the report alone: nothing is sent."
            if access.llm is None
            else f"Facts without customers are sent to {plain(access.model)} at "
            f"{plain(access.llm)}; an answer that the results do not bear out is refused."
        )
    if asked and question.strip():
        _answer(shop, question.strip())
    _narrative(shop)
    for section in shop.sections(*_CHAPTERS):
        shop.show(section, 2)


def _narrative(shop: Shop) -> None:
    """Show the narrative that was kept with the results, if one was."""
    prepared = shop.prepared
    if not prepared.narrative:
        if prepared.byline:
            st.warning(plain(prepared.byline))
        return
    st.header("What the segments mean")
    st.caption(plain(prepared.byline))
    for title, texts in prepared.narrative:
        if title:
            st.subheader(plain(title))
        for text in texts:
            st.markdown(plain(text))


def _answer(shop: Shop, question: str) -> None:
    access = shop.access
    server = Server(access.llm, _WAIT) if access.llm is not None else None
    with st.spinner("Reading the results ..."):
        narrative = narrate(
            shop.prepared.catalogue, server=server, model=access.model or "", question=question
        )
    for note in narrative.notes:
        st.warning(plain(note))
    texts = narrative.rendered(narrative.parts.answer)
    if not texts:
        st.info("The results do not hold the answer to this question.")
    for text in texts:
        st.markdown(plain(text))
