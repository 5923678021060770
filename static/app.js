"use strict";

// Somebody who had to sign in again goes straight on to the form with what was typed.
document.querySelector("form[data-resume]")?.requestSubmit();

// Who adds one item after another begins with its name.
if (new URLSearchParams(location.search).has("added")) document.querySelector("#name")?.focus();

// After a refused form, begin at what is wrong with it.
document.querySelector(".faults[tabindex]")?.focus();

// What is under way is asked for until it has ended. Then the page shows the end.
const progress = document.querySelector("[data-progress]");
// Said aloud with every tenth of it, not each second.
const said = document.createElement("p");
said.className = "visually-hidden";
said.setAttribute("role", "status");
progress?.after(said);
const say = () => {
  const text = progress.textContent.trim();
  if (Math.floor(parseInt(text) / 10) !== Math.floor(parseInt(said.textContent) / 10)) said.textContent = text;
};
const askAgain = async () => {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const later = page.querySelector("[data-progress]");
    if (answer.ok && !later) return location.reload();
    if (later && progress.textContent !== later.textContent) {
      progress.replaceChildren(...later.childNodes);
      say();
    }
  } catch {
    // The network is away for a moment.
  }
  setTimeout(askAgain, 1000);
};
if (progress) setTimeout(askAgain, 1000);

// In a picker what is typed and what is ticked say the same: the one that was done last.
for (const search of document.querySelectorAll(".picker [name=store_search]")) {
  const ticks = [...search.closest(".picker").querySelectorAll("[name=store]")];
  let ticked = ticks.find((tick) => tick.checked);
  let seen = search.value;
  // Who looks for another store is still offered the one that they had.
  const former = Object.assign(document.createElement("input"), { type: "hidden", name: "store", disabled: true });
  search.after(former);
  for (const kind of ["input", "change"]) {
    search.addEventListener(kind, () => {
      if (search.value === seen) return;
      seen = search.value;
      for (const tick of ticks) tick.checked = tick === ticked && !seen.trim();
      former.value = ticked?.value ?? "";
      former.disabled = !ticked || ticked.checked;
    });
  }
  for (const tick of ticks) {
    tick.addEventListener("change", () => {
      ticked = tick;
      seen = search.value = "";
      former.disabled = true;
    });
  }
}

// Whoever leaves a form with something typed in it is asked first, unless they cancel it; but one to sign in with only
// where it carries another form along. A page may come with something typed: it was refused, or a store was looked up.
const ask = (event) => event.preventDefault();
const comesTyped = "main .faults, main [name=kept], main form.form [autofocus]";
for (const form of document.querySelectorAll("main form.form")) {
  if (new URL(form.action).pathname.startsWith("/session") && !form.elements.kept) continue;
  const typed = () => addEventListener("beforeunload", ask);
  const done = () => removeEventListener("beforeunload", ask);
  if (document.querySelector(comesTyped)) typed();
  // Browsers fill passwords in by themselves.
  form.addEventListener("input", (event) => event.target.type === "password" || typed());
  form.addEventListener("submit", done);
  for (const link of form.querySelectorAll(".actions a")) link.addEventListener("click", done);
}

// A list that somebody comes back to shows what it holds now. Where that is the same, or cannot be had, they are where they were.
const rows = (page) => Array.from(page.querySelectorAll("main table, main .pager"), (part) => part.innerHTML).join();
addEventListener("pageshow", async (event) => {
  const isBack = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!isBack || !document.querySelector(".pager")) return;
  try {
    const answer = await fetch(location.href, { cache: "no-cache" });
    if (!answer.ok) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (rows(now) !== rows(document)) location.reload();
  } catch {
    // The network is away.
  }
});

// The way back from a record leads to its list as it was left, in this tab.
try {
  if (document.querySelector(".pager")) {
    sessionStorage.setItem(location.pathname, location.search);
    sessionStorage.setItem("last list", location.pathname);
  }
  for (const link of document.querySelectorAll(".crumbs a:not([href*='?']), form .actions a:not([href*='?'])")) {
    link.search = sessionStorage.getItem(link.pathname) ?? "";
  }
  for (const field of document.querySelectorAll("input[data-list]")) {
    const { list } = field.dataset;
    if (sessionStorage.getItem("last list") === list) field.value = sessionStorage.getItem(list) || "?";
  }
} catch {
  // The browser keeps nothing.
}
