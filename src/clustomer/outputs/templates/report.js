"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const written = [...body.rows];
  const last = written.filter((row) => row.classList.contains("chosen"));
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      const down = before !== "descending";
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => {
        const text = row.cells[column].textContent.trim();
        const number = parseFloat(text.replace(/[^0-9.\u2212-]/g, "").replace("\u2212", "-"));
        return head.classList.contains("number") ? (Number.isNaN(number) ? -Infinity : number) : text;
      };
      const order = (a, b) => (value(a) > value(b)) - (value(a) < value(b));
      const rows = written.filter((row) => !last.includes(row)).sort(order);
      body.append(...(down ? rows.reverse() : rows), ...last);
    });
  });
}
for (const link of document.querySelectorAll('a[href^="#"]')) {
  link.addEventListener("click", () => {
    const target = document.getElementById(link.hash.slice(1));
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    if (target && target.querySelector(":scope > details")) {
      target.querySelector(":scope > details").open = true;
    }
  });
}
