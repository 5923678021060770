"use strict";

// Somebody who had to sign in again goes straight on to the form with what was typed.
document.querySelector("form[data-resume]")?.requestSubmit();

// After a refused form, begin at what is wrong with it.
document.querySelector(".faults[tabindex]")?.focus();
