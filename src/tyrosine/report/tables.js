// Tables that sort by a click on a heading, and filter by a text: plain additions to tables that are there,
// so that without a script, and in print, the page has whole tables.
"use strict";
(() => {
  // The number that a cell starts with, such as 0.123 of "0.123 ± 0.010" and 0.001 of "< 0.001".
  const leadingNumber = (text) => {
    const found = text.replace("−", "-").match(/^[<\s]*(-?\d[\d.]*(?:e-?\d+)?)/);
    return found ? parseFloat(found[1]) : NaN;
  };

  const compare = (a, b) => {
    const [x, y] = [leadingNumber(a), leadingNumber(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y || a.localeCompare(b);
    // Cells without a number stand below those with one, whatever the direction.
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? Infinity : -Infinity;
    return a.localeCompare(b);
  };

  const sortBy = (table, column, heading) => {
    const falling = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const order = compare(a.cells[column].textContent, b.cells[column].textContent);
      return falling && Number.isFinite(order) ? -order : order;
    });
    table.tBodies[0].append(...rows);
  };

  const filterBy = (table, text, count) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const content = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => content.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = words.length ? `${shown} of ${table.tBodies[0].rows.length} rows` : "";
  };

  for (const table of document.querySelectorAll("table.sorts")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sortBy(table, column, heading));
      heading.append(button);
    });
    if (table.tBodies[0].rows.length < 6) continue;
    const label = document.createElement("label");
    label.className = "filter";
    const field = document.createElement("input");
    field.type = "search";
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    label.append("Rows with ", field, " ", count);
    field.addEventListener("input", () => filterBy(table, field.value, count));
    table.parentElement.before(label);
  }
})();
