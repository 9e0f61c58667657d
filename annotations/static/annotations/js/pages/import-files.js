// @ts-check
/**
 * The import page: files and folders dropped anywhere on it, the paths of files in a folder (the server would see their
 * bare names), a list of what was chosen, and a word before too many are sent. Without it the two file fields do the work.
 */

/** @typedef {{file: File, path: string}} Found  a file, and its path from the folder that was dropped */

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
  const most = Number(form.dataset.mostFiles);
  /** @type {string[]|null} a dropped file does not know its path itself */
  let droppedPaths = null;

  const refresh = () => {
    const ofFolder = [...(folder.files ?? [])];
    const pathsOfFolder = droppedPaths ?? ofFolder.map((file) => file.webkitRelativePath || file.name);
    const loose = [...(files.files ?? [])].map((file) => ({ file, path: file.name }));
    const all = [...loose, ...ofFolder.map((file, n) => ({ file, path: pathsOfFolder[n] }))];
    paths.value = JSON.stringify(pathsOfFolder);
    files.setCustomValidity(all.length > most ? (form.dataset.tooMany ?? "") : "");
    files.reportValidity();
    chosen.replaceChildren(...list(all));
  };
  files.addEventListener("change", refresh);
  folder.addEventListener("change", () => {
    droppedPaths = null;
    refresh();
  });

  // The whole page takes a drop: beside the panel the browser would leave the page and open the file.
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    drop.classList.add("drop-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("drop-over");
  });
  document.addEventListener("drop", async (event) => {
    if (!bringsFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    drop.classList.remove("drop-over");
    const { loose, inFolders } = await gather(event.dataTransfer, most + 1);
    files.files = asFileList(loose);
    folder.files = asFileList(inFolders);
    droppedPaths = inFolders.map(({ path }) => path);
    refresh();
  });
}

/**
 * @param {DragEvent} event
 * @returns {boolean}
 */
function bringsFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * Find what was dropped: single files, and the files in folders at any depth. A folder is no file that could be sent.
 * @param {DataTransfer} dropped
 * @param {number} most  so many files of folders at most, for a folder may be large
 * @returns {Promise<{loose: Found[], inFolders: Found[]}>}
 */
async function gather(dropped, most) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()); // empty once the event is over
  if (entries.some((entry) => entry === null)) {
    return { loose: [...dropped.files].map((file) => ({ file, path: file.name })), inFolders: [] };
  }
  /** @type {Found[]} */
  const loose = [];
  /** @type {Found[]} */
  const inFolders = [];
  for (const entry of entries) {
    if (entry) await walk(entry, entry.isDirectory ? inFolders : loose, most);
  }
  return { loose, inFolders };
}

/**
 * @param {FileSystemEntry} entry
 * @param {Found[]} found
 * @param {number} most
 */
async function walk(entry, found, most) {
  if (found.length >= most) return;
  if (isFile(entry)) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, path: entry.fullPath.replace(/^\//, "") });
  } else if (isDirectory(entry)) {
    for (const inner of await entriesOf(entry)) await walk(inner, found, most);
  }
}

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemFileEntry}
 */
function isFile(entry) {
  return entry.isFile;
}

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemDirectoryEntry}
 */
function isDirectory(entry) {
  return entry.isDirectory;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all; // a reader gives about a hundred at a time
    all.push(...some);
  }
}

/**
 * @param {Found[]} found
 * @returns {FileList}
 */
function asFileList(found) {
  const transfer = new DataTransfer();
  for (const { file } of found) transfer.items.add(file);
  return transfer.files;
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
 * @param {Found[]} found
 * @returns {HTMLElement[]}
 */
function list(found) {
  if (found.length === 0) return [];
  const items = found.slice(0, MOST_LISTED).map(({ file, path }) => {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = path;
    item.append(name, ` ${size(file.size)}`);
    return item;
  });
  const shown = document.createElement("ul");
  shown.append(...items);
  if (found.length > MOST_LISTED) {
    const rest = document.createElement("li");
    rest.textContent = `+ ${found.length - MOST_LISTED}`;
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
