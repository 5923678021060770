"use strict";

// Suggestions under a field, as a combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).
// data-suggest says of what. A choice fills the field in; with data-suggest-open it opens the page instead,
// and with data-suggest-list the field holds several names, and the one being typed is completed.
let count = 0;

// A line of names, taken apart into those before the last one, with their commas, and the last one, which is being typed.
// A comma in quotation marks is a part of its name.
const name = /^\s*(?:"(?:[^"]|"")*"(?!")[^,]*|[^\s",][^,]*)?,/;
const apart = (line) => {
  let rest = line;
  for (let found = name.exec(rest); found; found = name.exec(rest)) rest = rest.slice(found[0].length);
  return [line.slice(0, line.length - rest.length).trim(), rest.trim()];
};

for (const input of document.querySelectorAll("input[data-suggest]")) {
  const wrapper = document.createElement("span");
  const list = document.createElement("ul");
  const status = document.createElement("span");
  wrapper.className = "combobox";
  list.id = `suggestions-${++count}`;
  list.className = "combobox__list";
  list.hidden = true;
  list.tabIndex = -1; // long ones scroll, and would be stopped at
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  input.before(wrapper);
  wrapper.append(input, list, status);
  const attributes = {
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  let options = [];
  let active = -1;
  let timer;
  let request;

  const typed = () => {
    if (!("suggestList" in input.dataset)) return input.value.trim();
    const [, last] = apart(input.value);
    return last.startsWith('"') ? last.slice(1).replace(/"$/, "").replaceAll('""', '"').trim() : last;
  };

  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    status.textContent = "";
  };

  const mark = (next) => {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = next;
    const option = list.children[active];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };

  const choose = (option) => {
    close();
    if ("suggestOpen" in input.dataset) return location.assign(option.url);
    if ("suggestList" in input.dataset) {
      const [before] = apart(input.value);
      const value = /[,"]/.test(option.value) ? `"${option.value.replaceAll('"', '""')}"` : option.value;
      input.value = before ? `${before} ${value}` : value;
    } else {
      input.value = option.value;
    }
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const show = (found) => {
    options = found;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...options.map((option, at) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = option.label;
      if (option.hint) {
        const hint = document.createElement("small");
        hint.textContent = option.hint;
        item.append(" ", hint);
      }
      item.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
      item.addEventListener("click", () => choose(option));
      return item;
    }));
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    status.textContent = options.length === 1 ? "1 suggestion" : `${options.length} suggestions`;
  };

  const ask = async () => {
    request?.abort(); // an answer to what was typed before comes too late
    const words = typed();
    if (!words) return close();
    request = new AbortController();
    const { signal } = request;
    const query = new URLSearchParams({ for: input.dataset.suggest, q: words });
    const store = input.form?.querySelector("[name=store]:checked, input[type=hidden][name=store]")?.value;
    if (store && input.dataset.suggest === "tags") query.set("store", store);
    try {
      const answer = await fetch(`/suggestions?${query}`, { headers: { accept: "application/json" }, signal });
      const found = answer.ok && !answer.redirected ? await answer.json() : [];
      if (!signal.aborted && document.activeElement === input) show(found);
    } catch {
      if (!signal.aborted) close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  // Only while somebody types in it: what has it is not filled in again when they come back to the page.
  input.addEventListener("focus", () => input.setAttribute("autocomplete", "off"));
  input.addEventListener("blur", () => {
    input.removeAttribute("autocomplete");
    close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && open) {
      event.preventDefault();
      // Before the first and behind the last one is the field itself.
      const places = options.length + 1;
      mark(((active + 1 + step + places) % places) - 1);
    } else if (event.key === "ArrowDown" && !open) {
      event.preventDefault();
      ask();
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      choose(options[active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    }
  });
}
