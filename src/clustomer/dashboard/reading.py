"""What happens for every reader and every click: the door, the menu, one page."""

from collections.abc import Callable

import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.filters import filters
from clustomer.dashboard.shop import Shop, plain, shop
from clustomer.dashboard.views import PAGES
from clustomer.errors import ClustomerError
from clustomer.outputs.report import TITLE

_CAPTIONS = 'div[data-testid="stCaptionContainer"] {opacity: 1}'
"""Streamlit writes captions paler than everyone can read."""

Show = Callable[[Shop, Filters], None]


def main() -> None:
    """Let a reader in, and show the page that the address names."""
    st.set_page_config(page_title=TITLE, layout="wide")
    opened = shop()
    if not let_in(opened):
        return
    # beside all pages, and so kept, in the address too, when another page is opened
    chosen = filters(opened)
    pages = [
        # no icons: the browser would ask another server for the one that becomes the tab's
        st.Page(_drawn(show, opened, chosen), title=title, url_path=path, default=not path)
        for path, title, show in PAGES
    ]
    st.navigation(pages).run()


def let_in(opened: Shop) -> bool:
    """Ask for the token, where there is one; return whether this reader gave it."""
    if opened.access.token is None or st.session_state.get("let_in"):
        return True
    with st.form("token"):
        given = st.text_input("Token", type="password", key="token_given")
        sent = st.form_submit_button("Open the dashboard")
    if sent and opened.access.accepts(given):
        st.session_state["let_in"] = True
        st.rerun()
    if sent:
        st.error("This is not the token. Ask whoever started the dashboard for it.")
    return False


def draw(show: Show, opened: Shop, chosen: Filters) -> None:
    """Show one page; what goes wrong is said in one sentence."""
    st.html(f"<style>{opened.style}{_CAPTIONS}</style>")
    try:
        if opened.prepared.insights.warning:
            st.warning(plain(opened.prepared.facts.render(opened.prepared.insights.warning)))
        show(opened, chosen)
    except ClustomerError as error:
        st.error(plain(error))


def _drawn(show: Show, opened: Shop, chosen: Filters) -> Callable[[], None]:
    return lambda: draw(show, opened, chosen)
