"use strict";

// Search on the index: shows the datasets whose names, texts or columns have all the words. Other pages' forms lead here.
const input = document.getElementById("search");
const found = document.getElementById("found");
const datasets = [...document.querySelectorAll(".datasets > li")].map((item) => ({
  item,
  hits: item.querySelector(".hits"),
  columns: item.dataset.columns.split("\n").filter(Boolean),
  path: `${item.closest(".folder").querySelector("h2").textContent}/${item.querySelector(".name").textContent}`,
  text: item.textContent,
}));

function show(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  let number = 0;
  for (const { item, hits, columns, path, text } of datasets) {
    const everything = [path, text, ...columns].join("\n").toLowerCase();
    item.hidden = !words.every((word) => everything.includes(word));
    const named = words.length ? columns.filter((column) => words.some((word) => column.toLowerCase().includes(word))) : [];
    hits.textContent = `columns: ${named.join(", ")}`;
    hits.hidden = named.length === 0;
    number += item.hidden ? 0 : 1;
  }
  for (const folder of document.querySelectorAll(".folder")) {
    folder.hidden = !folder.querySelector(".datasets > li:not([hidden])");
  }
  document.getElementById("graph").hidden = words.length > 0;
  found.textContent = words.length ? `${number} of ${datasets.length} datasets` : "";
}

if (found) {
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  show(input.value);
  input.addEventListener("input", () => show(input.value));
  input.form.addEventListener("submit", (event) => event.preventDefault());
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
