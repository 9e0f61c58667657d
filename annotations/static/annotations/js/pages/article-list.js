// @ts-check
/**
 * The list of articles: tick all on the page, say how many are ticked, and ask for one before anything is sent. Without
 * this script every tick box and button works as plain HTML.
 */

const list = document.querySelector("[data-list]");
if (list instanceof HTMLFormElement) connect(list);

/** @param {HTMLFormElement} form */
function connect(form) {
  const all = form.querySelector("[data-tick-all]");
  const count = form.querySelector("[data-ticked]");
  const label = form.querySelector("[data-tick-all-label]");
  const onlyTicked = form.querySelector("input[name=choice][value=page]");
  const noneTicked = form.querySelector("[data-none-ticked]")?.getAttribute("data-none-ticked") ?? "";
  if (!(all instanceof HTMLInputElement) || !(label instanceof HTMLElement)) return;
  if (!(onlyTicked instanceof HTMLInputElement)) return;
  label.hidden = false;
  const show = () => {
    const boxes = tickBoxes(form);
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    onlyTicked.setCustomValidity(onlyTicked.checked && ticked === 0 ? noneTicked : "");
    if (count) count.textContent = ticked > 0 ? `(${ticked})` : "";
  };
  all.addEventListener("change", () => {
    for (const box of tickBoxes(form)) box.checked = all.checked;
    onlyTicked.checked = true;
    show();
  });
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.name === "article") onlyTicked.checked = true;
    show();
  });
  form.addEventListener("keydown", pressOwnButton);
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeOpen(form));
  show();
}

/**
 * Let Enter press the button of the act it is pressed in; the browser would press the first one of the form.
 * @param {KeyboardEvent} event
 */
function pressOwnButton(event) {
  if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
  event.preventDefault();
  event.target.closest(".bulk-body")?.querySelector("button")?.click();
}

/** Close the act that stands open over the list, and go back to its button. @param {HTMLFormElement} form */
function closeOpen(form) {
  for (const act of form.querySelectorAll("details.bulk-act[open]")) {
    act.removeAttribute("open");
    act.querySelector("summary")?.focus();
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {HTMLInputElement[]}
 */
function tickBoxes(form) {
  const boxes = form.querySelectorAll("input[name=article]");
  return [...boxes].filter((box) => box instanceof HTMLInputElement);
}
