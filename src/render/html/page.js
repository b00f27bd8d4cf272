"use strict";
// Sorts and filters the tables. Without it the page has all that it shows.
for (const table of document.querySelectorAll("table.sorted")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const before = [...body.rows];
  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    if (text === "" || text === "–") return null;
    const plain = text.replace(/,/g, "");
    // In a column of numbers a number may have words behind it; words alone say that there is none.
    const number = cell.classList.contains("n") ? parseFloat(plain) : Number(plain);
    if (!Number.isNaN(number)) return number;
    return cell.classList.contains("n") ? null : text;
  };
  const compare = (one, other) => {
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), undefined, { numeric: true });
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    if (button.textContent.trim() === "") return;
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("n");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const now = head.getAttribute("aria-sort");
      const next = now === null ? first : now === first ? second : null;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      let rows = before;
      if (next !== null) {
        head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        rows = before.map((row) => [value(row, column), row]).sort(([one], [other]) => {
          // What is not there comes last, whichever the direction.
          if (one === null || other === null) return (one === null) - (other === null);
          return sign * compare(one, other);
        }).map(([, row]) => row);
      }
      body.append(...rows);
    });
  });
  if (!table.hasAttribute("data-filter")) continue;
  const region = table.parentElement;
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "Filter";
  const input = document.createElement("input");
  input.type = "search";
  const told = document.createElement("span");
  told.className = "note";
  told.setAttribute("role", "status");
  label.append(input);
  region.before(label, told);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    region.classList.toggle("filtered", words.length > 0);
    let shown = 0;
    for (const row of before) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    told.textContent = words.length > 0 ? `${shown} of ${before.length}` : "";
  });
}
