// @ts-check
/** The article page: registers its elements. */
import "../elements/save-state.js";
import "../elements/label-picker.js";
import "../elements/span-panel.js";
import "../elements/cw-annotator.js";

// its look was fetched without holding up the text
for (const sheet of document.querySelectorAll("link[data-later]")) /** @type {HTMLLinkElement} */ (sheet).media = "all";
