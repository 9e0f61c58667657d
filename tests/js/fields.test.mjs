import assert from "node:assert/strict";
import { test } from "node:test";

/** Stand in for the little of an element that fields are made of. */
class Element {
  children = [];
  dataset = {};
  on = {};
  value = "";
  append(...parts) {
    this.children.push(...parts);
  }
  replaceChildren(...parts) {
    this.children = parts;
  }
  addEventListener(name, act) {
    this.on[name] = act;
  }
  setAttribute() {}
  insertBefore() {}
  contains() {
    return false;
  }
  querySelector() {
    return null;
  }
  querySelectorAll() {
    return [];
  }
}
const stub = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
stub("document", { activeElement: null, createElement: () => new Element() });
stub("HTMLTextAreaElement", class {});
stub("HTMLInputElement", class {});
stub("window", globalThis);
stub("addEventListener", () => {});

const { Fields } = await import("../../annotations/static/annotations/js/desk/fields.js");
const all = (element) => [element, ...(element.children ?? []).flatMap(all)];

test("what was typed last is written down with the note, as before submitting", () => {
  const done = [];
  const desk = {
    panel: { flush: () => done.push("note") },
    isEditable: true,
    data: { labels_of_articles: [], labels_of_relations: [] },
    labels: new Map([["claim", { attributes: [{ key: "wording", name: "Wording", kind: "text" }] }]]),
    deeds: { editable: () => ({ label: "claim", is_mine: true, attributes: {} }) },
    acts: { change: (sort, key, { attributes }) => done.push(attributes) },
  };
  const fields = new Fields(desk, new AbortController().signal);
  const card = new Element();
  card.insertBefore = (section) => card.append(section);
  fields.draw({ key: "a", label: "claim", is_mine: true }, card);
  const area = all(card).find(({ on }) => on?.input);
  area.value = "as she put it";
  area.on.input();

  desk.panel.flush();

  assert.deepEqual(done, [{ wording: "as she put it" }, "note"]);
});
