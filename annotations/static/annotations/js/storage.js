// @ts-check
/**
 * Keeps unsaved acts in IndexedDB until the server has them, one list for each person. Where a browser has no
 * IndexedDB the list lives in memory: leaving the page then asks first.
 */
/** @typedef {import("./types.js").Op} Op */

const NAME = "claim-workbench";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase|null>} */
async function openedDatabase() {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("ops", { keyPath: "seq", autoIncrement: true }).createIndex("user", "user");
    };
    const db = await settled(request);
    db.onversionchange = () => db.close();
    return db;
  } catch {
    return null;
  }
}

export class OpStore {
  /** @param {string} user */
  constructor(user) {
    this.user = user;
    this.db = openedDatabase();
    /** @type {Op[]} */
    this.memory = [];
  }

  async isDurable() {
    return (await this.db) !== null;
  }

  /** Read the list of this person, oldest first. @returns {Promise<Op[]>} */
  async all() {
    const db = await this.db;
    if (!db) return this.memory;
    return settled(db.transaction("ops").objectStore("ops").index("user").getAll(this.user));
  }

  /**
   * Change the list by a rule, in one transaction that no other tab can come between.
   * @param {(ops: Op[]) => Op[]} rule
   * @returns {Promise<Op[]>}
   */
  async change(rule) {
    const db = await this.db;
    if (!db) return (this.memory = rule(this.memory));
    const transaction = db.transaction("ops", "readwrite", { durability: "strict" });
    const store = transaction.objectStore("ops");
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const before = /** @type {Op[]} */ (await settled(store.index("user").getAll(this.user)));
    const after = rule(before);
    const kept = new Set(after.map(({ seq }) => seq));
    for (const { seq } of before) if (!kept.has(seq)) store.delete(/** @type {number} */ (seq));
    for (const op of after) if (!before.includes(op)) store.put(op);
    await done;
    return settled(db.transaction("ops").objectStore("ops").index("user").getAll(this.user));
  }
}
