"""A page of the report as PDF, laid out by WeasyPrint (the extra `pdf`)."""

import logging
import re
from typing import Any

from clustomer.errors import UsageError

_PRINTED = """
@page { size: A4; }
th, td { padding-left: 0.35rem; padding-right: 0.35rem; }
"""
_NUMBERED = """
@page { @bottom-right { content: counter(page) " / " counter(pages); font: 7.5pt sans-serif; } }
"""


def pdf_of(html: str, *, numbered: bool = True, unfolded: bool = False) -> bytes:
    """Return a page that `clustomer run` wrote as PDF; the same page gives the same bytes.

    Nothing is read but the page: it has its pictures inside, and whatever else it named would be
    refused. The PDF is tagged, so that a screen reader can read it.

    Parameters
    ----------
    html : str
        `reports/report.html` or `reports/summary.html`.
    numbered : bool, default True
        Number the pages.
    unfolded : bool, default False
        Print what is folded, too.

    Raises
    ------
    UsageError
        If the extra `pdf` is not installed, or the system has no Pango.
    """
    weasyprint = _weasyprint()
    if unfolded:
        html = re.sub(r"<details(?! open)", "<details open", html)
    # it tells of every property of a browser that paper has no use for
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    # pictures are inside the page; what is not is refused, whatever it is
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    pdf: bytes = document.write_pdf(
        stylesheets=[weasyprint.CSS(string=_PRINTED + (_NUMBERED if numbered else ""))],
        pdf_identifier=b"clustomer",
        pdf_tags=True,
    )
    return pdf


def _weasyprint() -> Any:
    try:
        import weasyprint
    except ImportError as error:
        raise UsageError(
            "A PDF needs a package that is not installed: install the extra pdf (pip install "
            "'clustomer[pdf]')."
        ) from error
    except OSError as error:
        raise UsageError(
            "A PDF needs the library Pango, which this system does not have. Install it: apt "
            "install libpango-1.0-0 libpangoft2-1.0-0 (Debian, Ubuntu), brew install pango (macOS)."
        ) from error
    return weasyprint
