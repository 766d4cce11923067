// Shows what is chosen without a full reload, and follows a rebuild. Without this script links and the button do the same.
"use strict";

const INTERVAL = 2000; // milliseconds between two looks for changes
let latest = 0; // number of the last page asked for: an earlier one that comes later is not shown

async function show(address, message) {
  const mine = ++latest;
  document.getElementById("content").setAttribute("aria-busy", "true");
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== latest) return;
  const focused = document.activeElement && document.activeElement.id;
  document.title = page.title;
  document.body.dataset.changes = page.body.dataset.changes;
  for (const part of ["#content", "nav"]) document.querySelector(part).replaceWith(page.querySelector(part));
  nameMarks();
  if (focused && document.getElementById(focused)) document.getElementById(focused).focus({ preventScroll: true });
  document.getElementById("status").textContent = message;
}

function go(address, message) {
  history.pushState(null, "", address);
  return show(address, message).catch(() => location.assign(address));
}

// The marks of a picture say their numbers as labels; as titles a mouse finds them, too.
function nameMarks() {
  for (const mark of document.querySelectorAll("figure svg [aria-label]")) {
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = mark.getAttribute("aria-label");
    mark.append(title);
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form || form.id !== "filters") return;
  go(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`, "Shown for the new choice");
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("main a[href]");
  const address = link && link.getAttribute("href");
  if (!address || !address.startsWith("/") || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await go(address, "Shown below");
  const place = document.getElementById(location.hash.slice(1));
  if (place) place.scrollIntoView();
});

window.addEventListener("popstate", () => show(location.href, "").catch(() => location.reload()));

async function follow() {
  const status = document.getElementById("status");
  try {
    const token = await (await fetch("/changes", { cache: "no-store" })).text();
    if (token !== document.body.dataset.changes) {
      await show(location.href, `Updated at ${new Date().toLocaleTimeString()}`);
    } else if (status.dataset.lost) {
      status.textContent = "";
    }
    delete status.dataset.lost;
  } catch {
    status.dataset.lost = "true";
    status.textContent = "The dashboard's server does not answer";
  }
  setTimeout(follow, INTERVAL);
}

nameMarks();
setTimeout(follow, INTERVAL);
