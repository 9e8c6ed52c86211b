"""Text that is no UTF-8: read in the encoding that it has, or asked, never in a wrong one."""

from pathlib import Path

import pytest

from clustomer.errors import AmbiguousError
from clustomer.events import read_events
from clustomer.events.sources.textual.legacy import legacy_encoding

KNOWN = {
    "cp1252": [
        "Jürgen",
        "Crème brûlée à l'hôtel",
        "WHITE HEART £",
        "Müller Café Straße",
        "træ knæ",
    ],
    "mac_roman": ["Müller José Zoë Åsa Strauß", "Crème brûlée Élodie Œuvre", "JÜRGEN ÇA déjà vu"],
    "cp850": ["Jürgen Müller José Straße Åsa", "Crème brûlée hôtel"],
    "cp1250": ["Ilość Wartość żółty", "Číslo objednávky Zákazník Zboží Hrnek Džbán", "Żółta łódź"],
    "cp1251": ["Номер заказа Клиент Дата Товар Цена"],
    "cp1253": ["Αριθμός παραγγελίας Πελάτης Ημερομηνία"],
    "koi8_r": ["Номер заказа Клиент Дата Товар Цена"],
    "cp932": ["日本のブランド 田中 鈴木"],
    "gb18030": ["订单号 客户 日期 商品 数量 单价 金额 张伟"],
    "cp949": ["주문번호 고객 날짜 상품 수량 가격 김철수"],
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(name, text) for name, texts in KNOWN.items() for text in texts]
)
def test_an_encoding_is_known_by_its_letters(encoding: str, text: str) -> None:
    sample = [text.encode(encoding)]
    assert sample[0].decode(legacy_encoding(sample, "log.csv")) == text


@pytest.mark.parametrize(
    ("encoding", "right", "text"),
    [
        ("cp1251", "windows-1251", "Иванов"),
        ("mac_roman", "macintosh", "Straße · Müller • José"),
        ("cp1254", "windows-1254", "Sipariş numarası Müşteri Ürün"),
        ("cp932", "shift_jis", "注文番号 顧客ID 注文日 商品 数量 単価"),
    ],
)
def test_what_letters_do_not_tell_is_asked(encoding: str, right: str, text: str) -> None:
    with pytest.raises(AmbiguousError, match="--encoding") as error:
        legacy_encoding([text.encode(encoding)], "log.csv")
    assert error.value.setting == "encoding"
    assert error.value.choices[right] in text


def test_customers_keep_their_letters(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    names = ("Łukasz", "Świętosława")
    rows = [f"2024-01-{d:02d},{name},10,Żółta łódź" for d in range(1, 9) for name in names]
    path.write_bytes("\n".join(["event_time,user_id,price,brand", *rows]).encode("cp1250"))
    events = read_events(path)
    with events.engine:
        assert set(events.to_arrow()["user_id"].to_pylist()) == set(names)
    path.write_bytes("event_time,user_id,price\n2024-01-02,Иванов,10\n".encode("cp1251"))
    with pytest.raises(AmbiguousError):
        read_events(path)
    events = read_events(path, encoding="windows-1251")
    with events.engine:
        assert events.to_arrow()["user_id"].to_pylist() == ["Иванов"]
