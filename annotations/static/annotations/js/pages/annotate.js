// @ts-check
/** The article page: registers its elements. */
import "../elements/save-state.js";
import "../elements/label-picker.js";
import "../elements/span-panel.js";
import "../elements/cw-annotator.js";

// how it looks was fetched without holding up the text
/** @type {HTMLLinkElement} */ (document.querySelector("[data-later]")).media = "all";
