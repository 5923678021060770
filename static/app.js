"use strict";

// After a refused form, begin at what is wrong with it.
document.querySelector(".faults[tabindex]")?.focus();
