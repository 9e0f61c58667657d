// @ts-check
/**
 * The import page: files dropped onto the panel, the paths of files in a folder (the server would see their bare
 * names), a list of what was chosen, and a word before too many are sent. Without it the two file fields do the work.
 */

const MOST_LISTED = 50;
const form = document.querySelector("[data-import]");
if (form instanceof HTMLFormElement) connect(form);

/** @param {HTMLFormElement} form */
function connect(form) {
  const files = field(form, "uploads");
  const folder = field(form, "folder");
  const paths = field(form, "folder_paths");
  const drop = form.matches("[data-drop]") ? form : form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  if (!files || !folder || !paths || !(drop instanceof HTMLElement) || !(chosen instanceof HTMLElement)) return;

  const refresh = () => {
    const ofFolder = [...(folder.files ?? [])];
    const all = [...(files.files ?? []), ...ofFolder];
    paths.value = JSON.stringify(ofFolder.map((file) => file.webkitRelativePath || file.name));
    files.setCustomValidity(all.length > Number(form.dataset.mostFiles) ? (form.dataset.tooMany ?? "") : "");
    files.reportValidity();
    chosen.replaceChildren(...list(all));
  };
  files.addEventListener("change", refresh);
  folder.addEventListener("change", refresh);

  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("drop-over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("drop-over");
    if (event.dataTransfer?.files.length) {
      files.files = event.dataTransfer.files;
      refresh();
    }
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {HTMLInputElement|null}
 */
function field(form, name) {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLInputElement ? found : null;
}

/**
 * @param {File[]} files
 * @returns {HTMLElement[]}
 */
function list(files) {
  if (files.length === 0) return [];
  const items = files.slice(0, MOST_LISTED).map((file) => {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.webkitRelativePath || file.name;
    item.append(name, ` ${size(file.size)}`);
    return item;
  });
  const shown = document.createElement("ul");
  shown.append(...items);
  if (files.length > MOST_LISTED) {
    const rest = document.createElement("li");
    rest.textContent = `+ ${files.length - MOST_LISTED}`;
    shown.append(rest);
  }
  return [shown];
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
