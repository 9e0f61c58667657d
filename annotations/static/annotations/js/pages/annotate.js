// @ts-check
/** The article page: registers its elements. */
import "../elements/save-state.js";
import "../elements/label-picker.js";
import "../elements/span-panel.js";
import "../elements/cw-annotator.js";
