// Shows a choice without a full reload, and follows a rebuild. Without this script links and the button do the same.
"use strict";

const INTERVAL = 2000; // milliseconds between two checks for changes
let latest = 0; // number of the last requested page: an earlier one that arrives later is not shown

async function show(address, message) {
  const mine = ++latest;
  document.getElementById("content").setAttribute("aria-busy", "true");
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== latest) return;
  const active = document.activeElement;
  const focused = active && active.id;
  const cursor = active && active.type === "search" ? active.selectionStart : null;
  document.title = page.title;
  document.body.dataset.changes = page.body.dataset.changes;
  for (const part of ["#content", "nav"]) document.querySelector(part).replaceWith(page.querySelector(part));
  prepare();
  const again = focused && document.getElementById(focused);
  if (again) {
    again.focus({ preventScroll: true });
    if (cursor !== null) again.setSelectionRange(cursor, cursor);
  }
  document.getElementById("status").textContent = message;
}

function go(address, message) {
  history.pushState(null, "", address);
  return show(address, message).catch(() => location.assign(address));
}

// What needs this script is hidden without it.
function prepare() {
  const copy = document.getElementById("copy");
  if (copy) copy.hidden = false;
  const done = new Set(JSON.parse(localStorage.getItem("done") || "[]"));
  for (const action of document.querySelectorAll("[data-action]")) {
    const button = action.querySelector(".done");
    button.hidden = false;
    button.setAttribute("aria-pressed", done.has(action.dataset.action));
  }
}

// Remembers in this browser which actions are done; an action of later data is a new one.
function toggleDone(button) {
  const action = button.closest("[data-action]").dataset.action;
  const day = action.split("@")[1];
  const done = new Set(JSON.parse(localStorage.getItem("done") || "[]").filter((one) => one.endsWith(`@${day}`)));
  if (!done.delete(action)) done.add(action);
  localStorage.setItem("done", JSON.stringify([...done]));
  prepare();
}

function submit(form) {
  const chosen = [...new FormData(form)].filter(([name, value]) => value && !(value === "All" && name !== "quarter"));
  const query = new URLSearchParams(chosen).toString();
  return go(form.getAttribute("action") + (query ? `?${query}` : ""), "Shown for the new choice");
}

document.addEventListener("change", (event) => {
  if (event.target.form && event.target.form.id === "filters") submit(event.target.form);
});

let typing;
document.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(typing);
  typing = setTimeout(() => submit(event.target.form), 300);
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "filters") return;
  event.preventDefault();
  submit(event.target);
});

document.addEventListener("click", async (event) => {
  if (event.target.id === "copy") {
    const done = navigator.clipboard ? navigator.clipboard.writeText(location.href) : Promise.reject(new Error());
    const message = await done.then(() => "Link copied", () => "Copy the address from the address bar");
    document.getElementById("status").textContent = message;
    return;
  }
  const done = event.target.closest(".done");
  if (done) return void toggleDone(done);
  for (const other of document.querySelectorAll(".explain[open]")) if (!other.contains(event.target)) other.open = false;
  const link = event.target.closest("main a[href]");
  const address = link && link.getAttribute("href");
  if (!address || !address.startsWith("/") || link.hasAttribute("download")) return;
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await go(address, "Shown");
  const target = document.getElementById(location.hash.slice(1));
  if (!target) {
    if (link.id !== "close") scrollTo(0, 0);
    return;
  }
  if (target.id === "deal") target.focus({ preventScroll: true });
  const box = target.getBoundingClientRect();
  if (box.top < 0 || box.top > innerHeight * 0.8) target.scrollIntoView();
});

// Keeps an explanation at the right edge inside of the page, or of the panel that it is in.
document.addEventListener("toggle", (event) => {
  const popover = event.target.open && event.target.matches(".explain") && event.target.querySelector(".popover");
  if (!popover) return;
  const panel = popover.closest(".drawer");
  const right = panel ? panel.getBoundingClientRect().right - 12 : document.documentElement.clientWidth - 12;
  const over = popover.getBoundingClientRect().right - right;
  if (over > 0) popover.style.left = `${popover.offsetLeft - over}px`;
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector(".explain[open]");
  const close = document.getElementById("close");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (close) close.click();
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

prepare();
setTimeout(follow, INTERVAL);
