// @ts-check
/** The selected zone beside the text: its kind, whom it quotes, its ends, its history, and the act for all articles of a publisher. */
import { h, smallButton } from "../dom.js";
import { t } from "../messages.js";
import { newKey } from "../state/new-key.js";
import { KINDS, wholeLines } from "../state/zones.js";

/** @typedef {import("./zones.js").Zones} Zones */
/** @typedef {import("../types.js").Region} Region */

const LOOK_AGAIN = 1000;
const LOOKS = 120;
const PUBLISHERS = "zone-publishers";

export class ZoneCard {
  element = h("div", { class: "zone-card" });
  #sign = "";
  /** @type {{name: string}[]|null} */
  #publishers = null;

  /** @param {Zones} zones */
  constructor(zones) {
    this.zones = zones;
  }

  /** Draw a zone, unless it is drawn already. @param {Region} zone */
  show(zone) {
    const { desk, mayMark } = this.zones;
    const sign = JSON.stringify([zone.key, zone.kind, zone.start, zone.end, zone.publisher, zone.url]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    const hadFocus = this.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.zoneFocus : null;
    const parts = mayMark ? [this.#kind(zone), this.#names(zone), this.#edges(zone)] : this.#facts(zone);
    const foot = [smallButton(t("show-in-text"), () => desk.walk.goTo(zone.start, zone.end))];
    if (mayMark) {
      foot.push(smallButton(t("zone-remove"), () => this.zones.remove(zone), { class: "button-quiet button-small danger", "data-zone-focus": "remove" }));
      if (zone.kind === "boilerplate" && desk.data.me.marks_everywhere && desk.data.article.publisher) {
        foot.push(smallButton(t("zone-everywhere"), () => this.#count(zone), { "data-zone-focus": "everywhere" }));
      }
    }
    foot.push(smallButton(t("history"), () => this.#history(zone)));
    this.said = h("div", { class: "zone-said", role: "status" });
    this.element.replaceChildren(.../** @type {HTMLElement[]} */ (parts.filter(Boolean)), h("div", { class: "claim-acts" }, ...foot), this.said);
    if (hadFocus) /** @type {HTMLElement|null} */ (this.element.querySelector(`[data-zone-focus="${hadFocus}"]`))?.focus();
  }

  focusFields() {
    /** @type {HTMLElement|null} */ (this.element.querySelector("input"))?.focus();
  }

  /** @param {Region} zone */
  #facts({ url }) {
    return url ? [h("p", {}, h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, url))] : [];
  }

  /** @param {Region} zone */
  #kind(zone) {
    const options = KINDS.map((kind) => h("option", { value: kind, selected: kind === zone.kind }, t(`region-${kind}`)));
    const choose = (/** @type {Event} */ { target }) => this.zones.change(zone, { kind: /** @type {HTMLSelectElement} */ (target).value });
    return h("label", { class: "form-field" }, h("span", { class: "form-name" }, t("zone-kind")), h("select", { onchange: choose, "data-zone-focus": "kind" }, ...options));
  }

  /** Whom an excerpt quotes, and the page; where a marker leads. @param {Region} zone */
  #names(zone) {
    if (!["excerpt", "citation_marker"].includes(zone.kind)) return null;
    const publisher = h("input", { name: "publisher", maxlength: 200, autocomplete: "off", list: PUBLISHERS, value: zone.publisher ?? "", onfocus: () => this.#offerPublishers(), "data-zone-focus": "publisher", dir: "auto" });
    const url = h("input", { name: "url", type: "url", maxlength: 2000, autocomplete: "off", placeholder: "https://", value: zone.url ?? "", "data-zone-focus": "url", dir: "ltr" });
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.zones.change(zone, zone.kind === "excerpt" ? { publisher: publisher.value, url: url.value.trim() } : { url: url.value.trim() });
    };
    const field = (/** @type {string} */ name, /** @type {HTMLElement} */ input) => h("label", { class: "form-field" }, h("span", { class: "form-name" }, name), input);
    return h("form", { class: "zone-names", novalidate: true, onsubmit: send },
      zone.kind === "excerpt" && field(t("zone-publisher"), publisher),
      field(t(zone.kind === "excerpt" ? "zone-source" : "zone-url"), url),
      zone.url ? h("p", { class: "host" }, h("a", { href: zone.url, target: "_blank", rel: "noopener noreferrer nofollow" }, zone.url)) : null,
      h("div", { class: "form-acts" }, h("button", { class: "button-small", "data-zone-focus": "save" }, t("save"))),
      h("datalist", { id: PUBLISHERS }, ...(this.#publishers ?? []).map(({ name }) => h("option", { value: name }))));
  }

  async #offerPublishers() {
    if (this.#publishers) return;
    this.#publishers = [];
    const { status, data } = await this.zones.desk.api.ask("GET", "publishers/");
    if (status !== 200) return;
    this.#publishers = data.results;
    this.element.querySelector("datalist")?.replaceChildren(...data.results.map((/** @type {{name: string}} */ { name }) => h("option", { value: name })));
  }

  /** @param {Region} zone */
  #edges(zone) {
    const { zones } = this;
    const { desk } = zones;
    const edge = (/** @type {"start"|"end"} */ name) => {
      const title = t(`zone-${name}`);
      return h("div", { class: "zone-edge", role: "group", "aria-label": title }, h("span", {}, title),
        smallButton("◂", () => zones.moveEdge(name, -1), { "aria-label": `${title}: ${t("earlier")}`, "data-zone-focus": `${name}-back` }),
        smallButton("▸", () => zones.moveEdge(name, 1), { "aria-label": `${title}: ${t("later")}`, "data-zone-focus": `${name}-on` }));
    };
    const here = () => {
      const { span } = desk.words;
      if (!span) return desk.voice.toast(t("zone-select-first"));
      desk.words.end();
      zones.change(zone, desk.placeOf(span.start, span.end));
    };
    const keep = (/** @type {Event} */ event) => event.preventDefault();
    return h("div", { class: "zone-edges" }, edge("start"), edge("end"), smallButton(t("zone-to-selection"), here, { onpointerdown: keep, onmousedown: keep, "data-zone-focus": "here" }));
  }

  /** @param {Region} zone */
  async #history(zone) {
    const { status, data } = await this.zones.desk.api.ask("GET", `zones/${zone.key}/history/`);
    if (status !== 200) return this.#tell(t("not-saved", { message: t("zone-offline") }));
    const { text, map } = this.zones.desk.page;
    const words = (/** @type {any} */ state) => [t(`region-${state.kind}`), state.publisher, `“${text.slice(map.toUnits(state.start), map.toUnits(state.end)).slice(0, 60)}”`, state.url].filter(Boolean).join(" · ");
    const when = (/** @type {string} */ at) => new Date(at).toLocaleString(document.documentElement.lang);
    const rows = data.results.map((/** @type {any} */ state) => h("li", {}, words(state), h("span", { class: "muted" }, ` – ${[when(state.replaced_at), state.replaced_by].filter(Boolean).join(" · ")}`)));
    const by = data.zone.marked_by ? t("zone-by", { name: data.zone.marked_by }) : t("zone-found");
    this.said?.replaceChildren(h("p", { class: "muted" }, `${by} · ${when(data.zone.created_at)}`), h("ol", { class: "zone-states" }, ...rows));
  }

  /** @param {string} words @param {...Node} more */
  #tell(words, ...more) {
    this.said?.replaceChildren(h("p", {}, words), ...more);
  }

  // --- In every article of the publisher

  /** Say in how many articles it would be marked, before anything is. @param {Region} zone */
  async #count(zone) {
    const { desk } = this.zones;
    const lines = wholeLines(desk.page.text, zone);
    const body = { version_uuid: desk.data.version.uuid, ...desk.placeOf(lines.start, lines.end) };
    const path = `articles/${desk.data.article.uuid}/zones/everywhere/`;
    const { status, data, problems } = await desk.api.ask("POST", path, { body: { ...body, preview: true }, key: newKey() });
    if (status !== 200) return this.#tell(problems[0]?.message || t("zone-offline"));
    const said = t("zone-count", { publisher: data.publisher, all: data.articles, found: data.found, marked: data.marked });
    const run = smallButton(t("zone-mark-n", { n: data.found - data.marked }), () => this.#markEverywhere(path, body), { class: "button-primary button-small", "data-zone-focus": "run" });
    if (data.found === data.marked) return this.#tell(said);
    this.#tell(said, h("div", { class: "claim-acts" }, run, smallButton(t("cancel"), () => this.said?.replaceChildren())));
    run.focus();
  }

  /** @param {string} path @param {object} body */
  async #markEverywhere(path, body) {
    const { desk } = this.zones;
    const { status, data, problems } = await desk.api.ask("POST", path, { body, key: newKey() });
    if (status !== 202) return this.#tell(problems[0]?.message || t("zone-offline"));
    await this.#follow(data.uuid, (job) => smallButton(t("undo"), () => this.#undo(job), { "data-zone-focus": "undo" }));
  }

  /** @param {string} job */
  async #undo(job) {
    const { status, data, problems } = await this.zones.desk.api.ask("POST", `jobs/${job}/undo/`, { body: {}, key: newKey() });
    if (status !== 202) return this.#tell(problems[0]?.message || t("zone-offline"));
    await this.#follow(data.uuid);
  }

  /** Tell how a job goes on until it has ended; its page tells it too. @param {string} job @param {(job: string) => Node} [act] */
  async #follow(job, act) {
    const { desk } = this.zones;
    const link = h("a", { href: (desk.data.urls.job ?? "").replace("KEY", job) }, t("zone-job"));
    this.#tell(t("zone-marking"), link);
    for (let n = 0; n < LOOKS; n++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
      const { status, data } = await desk.api.ask("GET", `jobs/${job}/`);
      if (status !== 200 || !data.has_ended) continue;
      this.#tell(data.message, ...(act ? [act(job)] : []), " ", link);
      desk.voice.say(data.message);
      await this.zones.refetch();
      return;
    }
  }
}
