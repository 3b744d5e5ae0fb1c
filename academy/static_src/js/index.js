/* What the academy's pages do beyond HTML. Every part is an improvement: nothing needs it. */
import { autosave } from "./autosave.js";
import { confirmations, timeout } from "./dialogs.js";
import { guardSubmits, revealPasskeys, focusErrors, printButtons, copyButtons } from "./forms.js";
import { poll } from "./poll.js";
import { tabs } from "./tabs.js";
import { timers } from "./timer.js";

focusErrors();
revealPasskeys();
printButtons();
copyButtons();
tabs();
confirmations();
autosave();
timers();
poll();
timeout();
guardSubmits();
