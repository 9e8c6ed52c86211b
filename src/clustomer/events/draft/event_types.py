"""Event types: the values that a source has, with a proposal for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from clustomer.engines import DuckDB, literal, quoted
from clustomer.events.draft.contents import text_of
from clustomer.events.draft.words import words_in, words_of
from clustomer.events.sources import Source

MAX_TYPES = 60

_PROPOSALS: tuple[tuple[str, str], ...] = (
    # the first that has a word of the value decides
    (
        "remove_from_cart",
        "remove removed removefromcart",
    ),
    (
        "return",
        "refund refunded refunds return returned retour retoure chargeback reversal reversed "
        "erstattung erstattet rueckerstattet returns ruckerstattet rembourse remboursement "
        "reembolso reembolsado "
        "devuelto rimborso rimborsato terugbetaald geretourneerd zwrot zwrocone devolvido "
        "reembolsado iade returnat palautettu visszaterites επιστροφη возврат возвращен повернено "
        "返品 返金 退款 退货 반품 환불",
    ),
    (
        "ignored",
        "uncollectible "
        "cancel cancelled canceled cancellation void voided fail failed failure declined denied "
        "expired abandoned unpaid draft pending hold unavailable rejected trash storniert "
        "storno voided annulleret avbruten annullerad zruseno zrusena отменен отменён отменено "
        "abgebrochen fehlgeschlagen offen annule annulee echoue cancelado cancelada "
        "pendiente fallido annullato annullata fallito geannuleerd mislukt anulowane "
        "anulowano nieudane pendente fraud error invalid incomplete iptal bekliyor toeroelve "
        "sztornozva anulata anulat peruutettu peruttu ακυρωθηκε ακυρωμενη скасовано очікує "
        "キャンセル 取消 已取消 취소 未完了 未払 未入金 待付款 未付款 입금대기",
    ),
    (
        "cart",
        "cart basket addtocart bag warenkorb panier carrito carrello winkelwagen koszyk carrinho",
    ),
    (
        "purchase",
        "purchase purchased buy bought order ordered transaction transact sale sold paid "
        "complete completed fulfilled shipped delivered invoiced success successful succeeded "
        "teslim tamamlandi kargoya kargoda odendi teljesitve teljesitett kiszallitva finalizata "
        "livrata expediata platita toimitettu maksettu valmis ολοκληρωθηκε απεσταλη виконано "
        "доставлено завершено 発送済 完了 入金済 支払済 出荷済 已完成 已发货 已付款 交易成功 "
        "배송완료 결제완료 구매확정 received resolved "
        "closed done finished confirmed accepted accepte progress process placed placement "
        "bestaetigt "
        "versandt erledigt confirmee expediee confirmado confermato bevestigd potwierdzone "
        "levererad betald skickad levert leveret betalt vyrizeno zaplaceno doruceno выполнен "
        "выполнено оплачен оплачено доставлен доставлено "
        "bearbeitung lavorazione procesando verwerkt afgerond "
        "settled processed processing approved charge payment kauf bezahlt abgeschlossen "
        "versendet geliefert achat paye payee terminee livre expedie compra pagado completado "
        "enviado entregado acquisto pagato completato spedito consegnato betaald voltooid "
        "verzonden geleverd zakup oplacone zrealizowane wyslane pago concluido entregue",
    ),
    (
        "view",
        "view viewed views pageview pv detail page visit visited seen click clicked "
        "impression screen ansicht vue vista visto visualizzazione bekeken wyswietlenie "
        "visualizacao",
    ),
)


@dataclass(frozen=True)
class TypeFound:
    """A value of the column for event types, its rows, and what it is proposed to be.

    `proposal` is one of our event types, "ignored" (known to have no meaning here, such as a
    cancelled order), or None where a person must say.
    """

    value: str
    rows: int
    proposal: str | None


def propose(value: str) -> str | None:
    """Return what an event type is proposed to be.

    >>> [propose(word) for word in ("Product Viewed", "Add to Cart", "Completed", "storniert")]
    ['view', 'cart', 'purchase', 'ignored']
    >>> propose("Partially refunded")
    'purchase'
    >>> propose("wishlist") is None
    True
    """
    words = set(words_in(value))
    if words & _NOT_YET and words & _PAYMENTS:
        return "ignored"
    if words & _IN_PART and words & UNDONE:
        # the rest of it was bought
        return "purchase"
    for proposal, terms in _PROPOSALS:
        if _has(value, frozenset(terms.split())):
            return proposal
    return None


_NOT_YET = words_of(
    "not awaiting waiting await ausstehend attente attesa espera wachtend wacht "
    "nicht non no niet nie ikke inte не"
)
_PAYMENTS = words_of(
    "paid payment pay bezahlt zahlung paye payee paiement pagado pago pagato pagamento betaald "
    "betaling oplacone platnosc betald betalt успешно оплачен оплачено"
)
"""Words for a payment, and before them for one that has not come."""
_IN_PART = words_of(
    "partial partially partly part teilweise teil partiel partielle partiellement parcial "
    "parcialmente parziale parzialmente gedeeltelijk czesciowo czesciowy kismen delvis castecne "
    "частично osittain reszben partial"
)


def _has(value: str, terms: frozenset[str]) -> bool:
    """Whether a value has one of some words; in scripts without spaces, as a part of it."""
    if terms & {*words_in(value), value.lower()}:
        return True
    if value.isascii():
        return False
    return any(term in value for term in terms if _is_without_spaces(term))


def _is_without_spaces(term: str) -> bool:
    # Japanese, Chinese and Korean begin behind all scripts with spaces
    return term >= "\u3040"


_CREDITS = (
    *("gutschrift", "stornorechnung", "rechnungskorrektur", "credit note", "credit memo", "avoir"),
    *("nota de credito", "nota di credito", "creditnota", "kreditnota", "faktura korygujaca"),
)
_INVOICES = ("rechnung", "invoice", "facture", "factura", "fattura", "factuur", "faktura", "fatura")
_RECEIPTS = (
    *("payment", "zahlung", "zahlungseingang", "paiement", "reglement", "pago", "pagamento"),
    *("betaling", "platnosc", "betalning", "receive payment", "receipt"),
)
"""Documents of trade: what is charged, given back by a document of its own, and paid."""


def is_invoice(value: str) -> bool:
    """Whether a kind of document charges something."""
    return _ends_with(value, _INVOICES)


def _ends_with(value: str, documents: Sequence[str]) -> bool:
    # a sales invoice, a tax invoice
    words = " ".join(words_in(value))
    return any(words == name or words.endswith(" " + name) for name in documents)


def is_credit_note(value: str) -> bool:
    """Whether a kind of document gives something back, in rows of its own.

    >>> is_credit_note("Credit Note"), is_credit_note("Refunded")
    (True, False)
    """
    return _ends_with(value, _CREDITS)


def is_receipt(value: str) -> bool:
    """Whether a kind of document says that something charged before was paid."""
    return " ".join(words_in(value)) in _RECEIPTS


def tells_documents_apart(values: Sequence[str]) -> bool:
    """Whether values are kinds of documents: invoices beside credit notes or payments.

    >>> tells_documents_apart(["Rechnung", "Gutschrift"])
    True
    >>> tells_documents_apart(["GUTSCHRIFT", "LASTSCHRIFT"])
    False
    """
    others = (is_credit_note(value) or is_receipt(value) for value in values)
    return any(map(is_invoice, values)) and any(others)


_UNDONE = (
    "cancel cancelled canceled cancellation void voided refund refunded returned storniert storno "
    "annule annulee cancelado cancelada annullato annullata geannuleerd anulowane anulowano "
    "erstattet rembourse reembolsado rimborsato annulleret annullerad zruseno отменен отменено "
    "iptal toeroelve sztornozva anulata anulat peruutettu peruttu ακυρωθηκε ακυρωμενη скасовано "
    "キャンセル 取消 已取消 취소 iade 返品 返金 退款 退货 반품 환불"
)
UNDONE = frozenset(_UNDONE.split())
"""Words for an order that was cancelled or came back."""


def tells_kinds_apart(values: Sequence[str]) -> bool:
    """Whether values are types of events: purchases beside views or carts, and little else.

    >>> tells_kinds_apart(["pdp_view", "add_to_bag", "checkout_complete"])
    True
    >>> tells_kinds_apart(["bag", "screen", "lamp", "chair", "sold as a set"])
    False
    """
    proposals = [propose(value) for value in values]
    several = "purchase" in proposals and bool({"view", "cart"} & set(proposals))
    return several and 3 * proposals.count(None) < len(values)


def tells_what_was_undone(values: Sequence[str]) -> bool:
    """Whether some values mean that an order was cancelled or came back, and others do not.

    >>> tells_what_was_undone(["open", "Order cancelled"]), tells_what_was_undone(["red", "blue"])
    (True, False)
    """
    undone = [_has(value, UNDONE) for value in values]
    return any(undone) and not all(undone)


def are_states(
    engine: DuckDB,
    source: Source,
    column: str,
    order: str,
    back: Sequence[str],
    product: str | None = None,
) -> bool:
    """Whether what came back is a state of an order or line, which was bought in the same row.

    So it is where no order that came back has a row of another type; of lines, no product of it.
    """
    keys = [order, *([product] if product is not None else [])]
    listed = ", ".join(literal(value).sql("duckdb") for value in back)
    kind = f"TRIM(CAST({quoted(column)} AS VARCHAR))"
    with source.opened():
        returned, both = engine.rows(
            f"SELECT COUNT(*), COUNT(*) FILTER (WHERE bought) FROM (SELECT BOOL_OR({kind} NOT IN "
            f"({listed})) AS bought, BOOL_OR({kind} IN ({listed})) AS returned FROM "
            f"{source.reading([column, *keys])} GROUP BY {', '.join(map(quoted, keys))}) "
            "WHERE returned",
            source.parameters,
        )[0]
    return bool(returned) and not both


MIN_SAID_AGAIN = 0.9
"""Where so many orders of a type are those of another type, both tell of the same purchases."""


def said_again(
    engine: DuckDB, source: Source, column: str, order: str, bought: Sequence[str]
) -> tuple[str, ...]:
    """Return which of some types tell of orders again that another one tells of.

    A tracker says that an order was placed, then of each of its products, then that it was sent.
    The type with most orders counts, of two the one with fewest rows. States of orders are not
    meant: `column` has types beside views or carts, or that are called orders.
    """
    held, kind = text_of(source, column)
    also, number = text_of(source, order)
    listed = ", ".join(literal(value).sql("duckdb") for value in bought)
    with source.opened():
        counts = engine.rows(
            f"""WITH said AS (
                SELECT TRIM({kind}) AS kind, TRIM({number}) AS number, COUNT(*) AS n
                FROM {source.reading(dict.fromkeys((held, also)))}
                WHERE TRIM({kind}) IN ({listed}) AND TRIM({number}) <> '' GROUP BY ALL
            ), counted AS (
                SELECT kind, COUNT(*) AS orders, SUM(n) AS n FROM said GROUP BY kind
            ), main AS (SELECT kind FROM counted ORDER BY orders DESC, n, kind LIMIT 1)
            SELECT kind, orders, (
                SELECT COUNT(*) FROM said AS s WHERE s.kind = counted.kind AND s.number IN
                (SELECT number FROM said WHERE kind = (SELECT kind FROM main))
            ) FROM counted WHERE kind <> (SELECT kind FROM main) ORDER BY kind""",
            source.parameters,
        )
    return tuple(str(value) for value, orders, both in counts if both >= MIN_SAID_AGAIN * orders)


def types_of(engine: DuckDB, source: Source, column: str) -> tuple[TypeFound, ...]:
    """Return the values of a column with their rows and proposals, the commonest first.

    None where it has too many for event types.
    """
    held, text = text_of(source, column)
    with source.opened():
        counts = engine.rows(
            f"SELECT TRIM({text}), COUNT(*) FROM {source.reading([held])} WHERE TRIM({text}) <> '' "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_TYPES + 1}",
            source.parameters,
        )
    if len(counts) > MAX_TYPES:
        return ()
    values = [str(value) for value, _ in counts]
    proposals = [propose(value) for value in values]
    if tells_documents_apart(values):
        proposals = [
            "return"
            if is_credit_note(value)
            else "purchase"
            if is_invoice(value)
            else "ignored"
            if is_receipt(value)
            else proposal
            for value, proposal in zip(values, proposals, strict=True)
        ]
    return tuple(
        TypeFound(value, int(rows), proposal)
        for value, proposal, (_, rows) in zip(values, proposals, counts, strict=True)
    )
