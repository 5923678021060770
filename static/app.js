"use strict";

// Somebody who had to sign in again goes straight on to the form with what was typed.
document.querySelector("form[data-resume]")?.requestSubmit();

// After a refused form, begin at what is wrong with it.
document.querySelector(".faults[tabindex]")?.focus();

// What is under way is asked for until it has ended. Then the page shows the end.
const progress = document.querySelector("[data-progress]");
const askAgain = async () => {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const later = page.querySelector("[data-progress]");
    if (answer.ok && !later) return location.reload();
    if (later && progress.textContent !== later.textContent) progress.replaceChildren(...later.childNodes);
  } catch {
    // The network is away for a moment.
  }
  setTimeout(askAgain, 1000);
};
if (progress) setTimeout(askAgain, 1000);
