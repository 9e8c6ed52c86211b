"""The words of columns' names, in the languages that shops are kept in."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

# in English, German, French, Spanish, Italian, Dutch, Polish, Portuguese, Swedish, Danish,
# Norwegian, Czech, Russian, Finnish, Hungarian, Romanian and Turkish
_LISTS: dict[str, tuple[str, str]] = {
    # column of ours: words that name it, words that speak against it
    "event_time": (
        "time timestamp datetime date ts created placed ordered purchased occurred when at on day "
        "datum zeit zeitpunkt zeitstempel uhrzeit date heure horodatage fecha hora data ora tijd "
        "tijdstip datumtijd czas godzina buchungstag belegdatum bestelldatum tidpunkt klockslag "
        "dato "
        "dag tid cas дата время dt paeivae paeivaemaeaerae pvm aika datuma ido idopont tarih "
        "tarihi zaman",
        "birth dob updated modified changed delivery delivered shipping shipped estimated expected "
        "expiry due valid registration registered signup approved carrier limit cancelled canceled "
        "first last geburt geburtstag lieferdatum naissance livraison nacimiento entrega nascita "
        "consegna geboorte bezorging urodzenia dostawy zone zeitzone",
    ),
    "event_type": (
        "event type action activity behavior behaviour status kind ereignis aktion typ art "
        "evt evenement statut estado evento stato actie gebeurtenis soort zdarzenie typ stan acao "
        "zustand handelse tilstand stav статус тип событие",
        "payment method time date id product customer user item card shipping device browser",
    ),
    "product_id": (
        "product item sku article asin ean upc gtin stock lineitem produkt artikel artikelnummer "
        "produit reference articulo producto prodotto articolo produto artigo towar produktu vara "
        "varenummer artikelnr zbozi vyrobek товар артикул продукт tuote tuotenumero termek "
        "cikkszam produs ueruen",
        "price amount quantity qty count total cost category type name title description brand "
        "weight date discount tax url order seller",
    ),
    "category_id": ("category cat kategorie categorie categoria rubrik kategoria", "name code"),
    "category_code": (
        "category department collection kategorie categorie categoria rubrik kategoria",
        "id payment customer",
    ),
    "brand": ("brand vendor manufacturer marke hersteller marque marca merk marka producent", "id"),
    "price": (
        "price amount total subtotal revenue value sales sale paid sum gross turnover spend spent "
        "positionswert warenwert bestellwert auftragswert netto brutto "
        "preis betrag summe umsatz gesamt gesamtbetrag einzelpreis montant prix ventes importe "
        "precio valor ventas importo prezzo totale ricavo bedrag prijs totaal omzet kwota cena "
        "wartosc suma preco belopp summa pris belob belop cena castka celkem сумма цена стоимость "
        "итого grandtotal amt enhedspris stykpris ialt hinta yhteensae ar egysegar osszeg "
        "oesszeg oesszesen vegosszeg pret suma fiyat fiyati tutar tutari toplam",
        "tax vat shipping discount fee tip refund refunded count quantity id method type currency "
        "rate date time balance account freight weight lifetime number steuer mwst versand rabatt "
        "shipped items pieces qty "
        "livraison remise envio descuento spedizione sconto verzending korting rabat frete gewicht "
        "poids peso waga",
    ),
    "user_id": (
        "customer user client visitor buyer member shopper consumer cardholder email mail kunde "
        "kunden kundennummer kd kaeufer besucher client acheteur utilisateur visiteur cliente "
        "comprador usuario utente acquirente visitatore klant koper gebruiker bezoeker klient "
        "kupujacego nabywcy klienta "
        "nabywca uzytkownik kupujacy kundnummer kundenr kundennr kund kunder kop zakaznik "
        "odberatel "
        "debitor debiteur acreedor beguenstigter zahlungspflichtiger payer profile contact account "
        "subscriber person distinct uid cust acct kundnr asiakas asiakasnumero kaeyttaejae vevo "
        "ugyfel vasarlo cumparator muesteri kullanici alici "
        "клиент покупатель пользователь заказчик",
        "type segment since city country state zip postal address phone age gender group agent "
        "region first last note notes seller company status count location merchant vendor "
        "supplier",
    ),
    "user_session": (
        "session visit sitzung besuch seance sesion sessione visita sessie bezoek sesja sessao",
        "duration count start end number",
    ),
    "quantity": (
        "quantity qty units unit pieces pcs count stk stck anz mng "
        "menge anzahl stueck stueckzahl quantite qte "
        "nombre cantidad unidades quantita pezzi aantal hoeveelheid ilosc liczba sztuk quantidade "
        "qtd qtde "
        "maeaerae kpl mennyiseg darab cantitate bucati adet miktar antal stycken "
        "mnozstvi kusu pocet количество кол kg kilos litres",
        "price id amount cost total sku type code available stock refunded returned canceled "
        "cancelled shipped invoiced backordered",
    ),
    "order_id": (
        "bon kassenbon quittung bestell auftrags rechnungs "
        "order invoice transaction receipt bill purchase checkout ticket bestellung auftrag "
        "auftragsnummer bestellnummer rechnung rechnungsnummer beleg commande facture pedido "
        "factura compra ordine fattura bestelling bestelnummer factuur zamowienie zamowienia "
        "faktura fatura bestellnr auftragsnr rechnungsnr belegnr ordernummer ordrenummer "
        "objednavka "
        "tilaus tilausnumero rendeles rendelesszam szamla szamlaszam comanda comenzii siparis "
        "objednavky doklad заказ заказа чек",
        "date time status type total amount price value quantity item line source channel day "
        "discount currency customer note count sequence priority name address shipping qty "
        "quantity units pieces",
    ),
}

WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {ours: frozenset(words.split()) for ours, (words, _) in _LISTS.items()}
)
AGAINST: Mapping[str, frozenset[str]] = MappingProxyType(
    {ours: frozenset(words.split()) - WORDS[ours] for ours, (_, words) in _LISTS.items()}
)

_NUMBERING = (
    "id ids no nr nbr number num code key hash uuid nummer numer numero identifier ref kennung "
    "mail email"
)
NUMBERING = frozenset(_NUMBERING.split())
"""Words of what identifies something."""

_WITH_OR_WITHOUT = "inc incl including inkl with ex excl excluding exkl ohne without"
_WITH = frozenset(_WITH_OR_WITHOUT.split())
"""Beside a word they say that an amount is with it or without it, not what it is of."""

_DISCOUNT_WORDS = (
    "discount rabatt nachlass remise descuento sconto korting rabat desconto alennus kedvezmeny "
    "reducere indirim sleva скидка"
)
_DISCOUNTS = frozenset(_DISCOUNT_WORDS.split())

_GIVEN_BACK_WORDS = (
    "refund refunded refunds erstattet erstattung rembourse remboursement reembolso reembolsado "
    "rimborso rimborsato terugbetaald zwrot devolucao reembolsos"
)
_GIVEN_BACK = frozenset(_GIVEN_BACK_WORDS.split())
_SHIPPING_WORDS = (
    "shipping freight postage versand versandkosten porto livraison envio spedizione verzending "
    "verzendkosten frete dostawa dostawy kargo frakt fragt doprava szallitas toimitus доставка"
)
_SHIPPING = frozenset(_SHIPPING_WORDS.split())

_LONG = 4
_NAMES_KEPT = 10_000
"""The names of columns are asked about for each of our columns, and several times for a source."""
_ALONE = frozenset({"count", "order", "event", "reference", "stock", "visit", "price", "total"})
"""Parts of too many other words: accounts, borders, prevents."""
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "ı": "i", "æ": "ae"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def words_of(text: str) -> frozenset[str]:
    """Return a list of words that are parted by spaces.

    >>> sorted(words_of("paid sold"))
    ['paid', 'sold']
    """
    return frozenset(text.split())


@lru_cache(_NAMES_KEPT)
def words_in(name: str) -> tuple[str, ...]:
    """Return the words inside of a column's name.

    >>> words_in("TransactionDate"), words_in("order_purchase_timestamp"), words_in("Käufer-ID")
    (('transaction', 'date'), ('order', 'purchase', 'timestamp'), ('kaeufer', 'id'))
    """
    parted = "".join(letter if letter.isalnum() else " " for letter in name.translate(_LETTERS))
    lowered = [part.lower() for part in _camel(parted)]
    plain = []
    for word in lowered:
        word = word.translate(_UMLAUTS)
        decomposed = unicodedata.normalize("NFD", word)
        plain.append("".join(c for c in decomposed if not unicodedata.combining(c)))
    return tuple(word for word in plain if word)


def _camel(text: str) -> list[str]:
    parts = []
    for word in text.split():
        if word.isascii():
            parts += _PARTS.findall(word) or [word]
        else:
            parts.append(word)
    return parts


@lru_cache(_NAMES_KEPT)
def names(ours: str, words: tuple[str, ...]) -> int:
    """Return how many of a name's words name one of our columns, also as a part of a compound.

    >>> names("event_time", words_in("Bestelldatum")), names("user_id", words_in("userid"))
    (1, 1)
    """
    return sum(any(_is(word, term) for term in WORDS[ours]) for word in words)


_SCRIPT_LISTS: dict[str, str] = {
    # Japanese, Chinese, Korean, Arabic, Hebrew: the surest first
    "event_time": (
        "注文日時 購入日時 下单时间 订单时间 付款时间 주문일시 注文日 購入日 日時 日期 时间 時間 "
        "日付 날짜 일시 일자 التاريخ تاريخ תאריך"
    ),
    "user_id": (
        "顧客id 会員id 顧客番号 会員番号 客户id 用户id 会员id 고객id メールアドレス 購入者 注文者 "
        "顧客 会員 买家 客户 用户 会员 顾客 고객 회원 구매자 العميل عميل الزبون לקוח"
    ),
    "order_id": "注文番号 受注番号 订单编号 订单号 订单id 주문번호 رقمالطلب מספרהזמנה",
    "price": (
        "単価 商品価格 单价 단가 売上 金額 価格 合計 金额 价格 总价 금액 가격 매출 المبلغ السعر "
        "סכום מחיר"
    ),
    "quantity": "数量 個数 点数 件数 수량 الكمية כמות",
    "product_id": (
        "商品コード 商品管理番号 商品番号 商品id 商品编号 商品编码 상품번호 상품코드 المنتج מוצר"
    ),
    "event_type": "ステータス 状态 状況 상태 الحالة סטטוס",
}
_SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ours: tuple(words.split()) for ours, words in _SCRIPT_LISTS.items()}
)
"""Words of scripts that set no spaces between them, or that no rule here takes apart."""


def score_of_script(ours: str, plain: str) -> float:
    """Return how well a name in such a script fits one of ours; 0 where it does not.

    >>> score_of_script("user_id", "顧客id") > score_of_script("user_id", "注文者名") > 0
    True
    """
    for place, term in enumerate(_SCRIPTS.get(ours, ())):
        if plain == term:
            return 90.0 - 0.1 * place
        if term in plain:
            return 40.0 - 0.1 * place
    return 0.0


@lru_cache(_NAMES_KEPT)
def speaks_against(ours: str, words: tuple[str, ...]) -> bool:
    """Whether a name says that a column is something else."""
    beside = zip(("", *words), words, (*words[1:], ""), strict=False)
    plain = (word for before, word, after in beside if not {before, after} & _WITH)
    return any(_is(word, term) for word in plain for term in AGAINST[ours])


def speaks_of_a_discount(words: tuple[str, ...]) -> bool:
    """Whether a name says that a column has discounts."""
    return any(_is(word, term) for word in words for term in _DISCOUNTS)


def speaks_of_refunds(words: tuple[str, ...]) -> bool:
    """Whether a name says that a column has what was given back."""
    return bool(_GIVEN_BACK & {*words})


def speaks_of_shipping(words: tuple[str, ...]) -> bool:
    """Whether a name says that a column has what shipping cost."""
    return bool(_SHIPPING & {*words})


def numbers(words: tuple[str, ...]) -> bool:
    """Whether a name says that a column identifies something."""
    return any(word in NUMBERING or word.endswith(("id", "nummer", "nr")) for word in words)


def _is(word: str, term: str) -> bool:
    if word == term or word.removesuffix("id") == term:
        return True
    # kundennummer, itemid, bestelldatum; but no "rate" in "corporate"
    if term in _ALONE:
        return word.startswith(term) and term != "count"
    return len(term) > _LONG and (word.startswith(term) or word.endswith(term))
