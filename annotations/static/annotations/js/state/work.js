// @ts-check
/**
 * The judgements on one article as the person sees them: what the server has, with the unsaved acts replayed
 * on top. Pure. Nothing here sends or draws.
 */
/** @typedef {import("../types.js").Op} Op */
/** @typedef {import("../types.js").Sort} Sort */
/** @typedef {import("../types.js").Judgement} Judgement */
/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Claim} Claim */
/** @typedef {import("../types.js").Evidence} Evidence */
/** @typedef {import("../types.js").Mention} Mention */
/** @typedef {{annotation: Annotation, claim: Claim, evidence: Evidence, mention: Mention, relation: any, article_label: any, decision: any, zone: any, unplaced: any, attribution: any}} Shapes */
/** @typedef {{sort: Sort, key: string}} Touched */

/** @type {Sort[]} */
const SORTS = ["annotation", "claim", "evidence", "mention", "relation", "article_label", "decision", "zone", "unplaced", "attribution"];

/** @returns {Record<Sort, Map<string, any>>} */
const emptyMaps = () => /** @type {any} */ (Object.fromEntries(SORTS.map((sort) => [sort, new Map()])));

/** @param {Op} op @returns {Touched[]} */
function touchedBy(op) {
  /** @type {Touched[]} */
  const touched = [{ sort: op.sort, key: op.target }];
  const { makes = [], takes = [] } = /** @type {{makes?: Annotation[], takes?: string[]}} */ (op.shown ?? {});
  for (const key of [...makes.map((item) => item.key), ...takes]) touched.push({ sort: "annotation", key });
  if (op.kind !== "create") return touched;
  const { claim_key, mention_key } = op.body;
  if (typeof claim_key === "string") touched.push({ sort: "claim", key: claim_key });
  if (typeof mention_key === "string") touched.push({ sort: "mention", key: mention_key });
  return touched;
}

/** Write down what of an act shows, to see which acts are new. @param {Op} op */
const shapeOf = (op) => `${op.id} ${op.state} ${JSON.stringify(op.body)}`;

/** What most annotations have none of: one for all, as there may be thousands. @type {any} */
const NOTHING = Object.freeze({});
/** @type {any} */
const NO_PARTS = Object.freeze([]);

export class Work {
  /** @type {Record<string, string>} each name once, however many annotations bear it */
  #names = {};

  /**
   * @param {string} pseudonym of the person at this page
   * @param {(start: number, end: number) => string} [quoteOf] gives the words between two code points
   */
  constructor(pseudonym, quoteOf = () => "") {
    this.pseudonym = pseudonym;
    this.quoteOf = quoteOf;
    this.base = emptyMaps();
    this.seen = emptyMaps();
    /** @type {Op[]} */
    this.ops = [];
  }

  /**
   * Take in judgements as the server has them; an older version never replaces a newer one.
   * @param {{annotations?: Annotation[], claims?: Claim[], mentions?: Mention[], [sort: string]: any}} found those of other sorts by their sort
   * @returns {Touched[]}
   */
  absorb({ annotations = [], claims = [], mentions = [], ...others }) {
    /** @type {Touched[]} */
    const touched = [];
    const take = (/** @type {Sort} */ sort, /** @type {any} */ item) => {
      const old = this.base[sort].get(item.key);
      if (old && typeof old.version === "number" && item.version < old.version) return;
      this.base[sort].set(item.key, item);
      touched.push({ sort, key: item.key });
    };
    for (const item of annotations) take("annotation", this.#kept(item));
    for (const { mentions: itsMentions = [], evidence: itsEvidence = [], ...claim } of claims) {
      take("claim", claim);
      for (const item of itsMentions) take("mention", { ...item, claim: claim.key });
      for (const item of itsEvidence) take("evidence", { ...item, claim: claim.key });
    }
    for (const item of mentions) take("mention", item);
    for (const sort of SORTS) for (const item of others[sort] ?? []) take(sort, item);
    return this.refresh(touched);
  }

  /**
   * Give an annotation as it is kept: its words are a stretch of the page's text, and what it is sent without is as usual.
   * @param {Annotation} item
   * @returns {Annotation}
   */
  #kept({ key, start, end, label, note = "", attributes = NOTHING, layer = "annotator", annotator, is_mine = false, version, withdrawn_at = null, quote, fragments = NO_PARTS }) {
    const words = this.quoteOf(start, end) || quote;
    const parts = fragments.length ? fragments.map((part) => ({ ...part, quote: this.quoteOf(part.start, part.end) || part.quote })) : NO_PARTS;
    const name = annotator === null ? null : (this.#names[annotator] ??= annotator);
    return { key, start, end, quote: words, label, note, attributes, layer, annotator: name, is_mine, version, withdrawn_at, fragments: parts };
  }

  /**
   * Replace the unsaved acts, and say what looks different now.
   * @param {Op[]} ops
   */
  replay(ops) {
    const shapes = (/** @type {Op[]} */ list) => new Map(list.map((op) => [shapeOf(op), op]));
    const [before, after] = [shapes(this.ops), shapes(ops)];
    const changed = [...before, ...after].filter(([shape]) => !(before.has(shape) && after.has(shape)));
    this.ops = ops;
    return this.refresh(changed.flatMap(([, op]) => touchedBy(op)));
  }

  /** @param {Touched[]} touched */
  refresh(touched) {
    for (const { sort, key } of touched) {
      const now = this.#replayed(sort, key);
      if (now) this.seen[sort].set(key, now);
      else this.seen[sort].delete(key);
    }
    return touched;
  }

  /** @param {Sort} sort @param {string} key */
  #replayed(sort, key) {
    let item = this.base[sort].get(key);
    for (const op of this.ops) {
      const side = sort === op.sort && key === op.target ? this.#after(item, op) : undefined;
      item = side ?? this.#alongside(item, op, sort, key);
    }
    return item;
  }

  /** @param {any} item @param {Op} op */
  #after(item, op) {
    if (op.kind === "create") {
      if (item && !op.shown) return item;
      return { version: 0, annotator: this.pseudonym, is_mine: true, ...op.shown, ...item, withdrawn_at: null, ...this.#fieldsOf(op) };
    }
    if (!item) return undefined;
    if (op.kind === "change") return { ...item, ...op.body };
    return { ...item, withdrawn_at: op.kind === "withdraw" ? item.withdrawn_at ?? "now" : null };
  }

  /** @param {Op} op */
  #fieldsOf(op) {
    const { claim_key, mention_key, version_uuid, text_sha256, ...fields } = op.body;
    if (op.sort === "evidence") return { ...fields, claim: fields.claim ?? claim_key };
    return fields;
  }

  /**
   * Give what an act does beside its own judgement: the claim or mention that comes into being with evidence or a claim,
   * and annotations that an act on something else `makes` or `takes` back.
   * @param {any} item @param {Op} op @param {Sort} sort @param {string} key
   */
  #alongside(item, op, sort, key) {
    if (sort === "annotation") {
      const { makes = [], takes = [] } = /** @type {{makes?: Annotation[], takes?: string[]}} */ (op.shown ?? {});
      if (item) return takes.includes(key) ? { ...item, withdrawn_at: item.withdrawn_at ?? "now" } : item;
      const made = makes.find((each) => each.key === key);
      return made && { version: 0, annotator: this.pseudonym, is_mine: true, withdrawn_at: null, ...made };
    }
    if (item || op.kind !== "create") return item;
    const made = { key, version: 0, annotator: this.pseudonym, is_mine: true, withdrawn_at: null };
    if (sort === "claim" && op.body.claim_key === key) {
      return { ...made, text: this.#replayed("annotation", String(op.body.annotation))?.quote ?? "" };
    }
    if (sort === "mention" && op.body.mention_key === key) {
      const claim = op.sort === "claim" ? op.target : op.body.claim_key ?? op.body.claim;
      const stance = op.sort === "claim" ? op.body.stance ?? "asserts" : "asserts";
      return { ...made, claim, annotation: op.body.annotation, stance };
    }
    return item;
  }

  /**
   * @template {Sort} S
   * @param {S} sort
   * @param {string} key
   * @returns {Shapes[S]|undefined}
   */
  get(sort, key) {
    return this.seen[sort].get(key);
  }

  /**
   * @template {Sort} S
   * @param {S} sort
   * @returns {Shapes[S][]}
   */
  standing(sort) {
    return [...this.seen[sort].values()].filter((item) => !item.withdrawn_at);
  }

  /**
   * Give what the person withdrew.
   * @template {Sort} S
   * @param {S} sort
   * @returns {Shapes[S][]}
   */
  withdrawn(sort) {
    return [...this.seen[sort].values()].filter((item) => item.withdrawn_at && item.is_mine);
  }

  /**
   * List the claims that an annotation expresses, each with the mention that says so.
   * @param {string} annotation
   */
  claimsOf(annotation) {
    return this.standing("mention")
      .filter((mention) => mention.annotation === annotation)
      .flatMap((mention) => {
        const claim = this.get("claim", mention.claim);
        return claim && !claim.withdrawn_at ? [{ claim, mention }] : [];
      });
  }

  /** @param {string} claim */
  evidenceOf(claim) {
    return this.standing("evidence").filter((item) => item.claim === claim);
  }

  /** Tell whether an act on this judgement is not saved yet, and how it stands. @param {string} key */
  unsaved(key) {
    return this.ops.filter((op) => op.target === key || op.body.annotation === key);
  }
}
