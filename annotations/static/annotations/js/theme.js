// @ts-check
/**
 * Puts the chosen look on the page before anything is drawn, hence no module and loaded in the head. The choice stays
 * in this browser, under the name that Django's admin uses for its own, and `contrast` beside it.
 */
(() => {
  const root = document.documentElement;
  /** @param {string} name */
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  /** @param {string} name @param {string} value */
  const keep = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // a browser that keeps nothing: the choice holds for this page
    }
  };
  /** @param {string} theme @param {string} contrast */
  const show = (theme, contrast) => {
    root.dataset.theme = theme;
    root.dataset.contrast = contrast;
  };
  const shown = () => (root.dataset.contrast === "more" ? "contrast" : root.dataset.theme);
  const load = () => show(kept("theme") ?? "auto", kept("contrast") ?? "");
  const tick = () => {
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-look]"))) {
      group.hidden = false;
      const choice = /** @type {HTMLInputElement|null} */ (group.querySelector(`[value=${shown()}]`));
      if (choice) choice.checked = true;
    }
  };
  /** How the article's text is set, for the person who is logged in here: as the account has it, unless this browser has what is not sent yet. */
  const read = () => {
    try {
      const chosen = JSON.parse(kept(`cw-reading-${root.dataset.person ?? ""}`) ?? "{}");
      if (root.dataset.reading && !chosen.isUnsent) return;
      for (const name of ["face", "size", "measure", "folds"]) if (typeof chosen[name] === "string") root.dataset[name] = chosen[name];
    } catch {
      // not ours: the usual setting
    }
  };
  load();
  read();
  addEventListener("storage", () => {
    load();
    tick();
  });
  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== "look") return;
    const isContrast = target.value === "contrast";
    show(isContrast ? "auto" : target.value, isContrast ? "more" : "");
    keep("theme", root.dataset.theme ?? "auto");
    keep("contrast", root.dataset.contrast ?? "");
  });
})();
