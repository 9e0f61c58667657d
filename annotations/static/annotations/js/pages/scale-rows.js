// @ts-check
/** The editor of a verdict scale: one more row without a round trip. Without this script there is one empty row at the end. */

const form = document.querySelector("[data-rows]");
if (form instanceof HTMLFormElement) connect(form);

/** @param {HTMLFormElement} form */
function connect(form) {
  const button = form.querySelector("[data-add-row]");
  const template = form.querySelector("[data-empty-row]");
  const rows = form.querySelector("ol");
  const total = form.querySelector("[name$=-TOTAL_FORMS]");
  if (!(button instanceof HTMLButtonElement) || !(template instanceof HTMLTemplateElement)) return;
  if (!rows || !(total instanceof HTMLInputElement)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const number = total.value;
    const row = document.importNode(template.content, true);
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replaceAll("__prefix__", number));
      }
    }
    total.value = String(Number(number) + 1);
    const position = row.querySelector("[name$=-position]");
    if (position instanceof HTMLInputElement) position.value = total.value;
    const first = row.querySelector("input");
    rows.append(row);
    if (first instanceof HTMLInputElement) first.focus();
  });
}
