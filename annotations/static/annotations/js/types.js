// @ts-check
/**
 * Shapes shared by the modules of the article page. No code lives here.
 * What travels to and from the server counts in code points; what stays in the browser counts in UTF-16 units.
 */

/**
 * @typedef {object} Annotation one label on one span, as the API writes it, in full or in brief
 * @property {string} key
 * @property {number} start offset in code points
 * @property {number} end offset in code points
 * @property {string} quote the page has it in its text
 * @property {string} label key of the label
 * @property {string} [note]
 * @property {Record<string, unknown>} [attributes]
 * @property {string|null} annotator pseudonym
 * @property {boolean} is_mine
 * @property {string} [layer]
 * @property {number} version 0 while the server does not know it
 * @property {string|null} withdrawn_at
 * @property {{start: number, end: number, quote?: string}[]} [fragments] where it leaves words out
 */

/**
 * @typedef {object} Mention an annotation that expresses a claim
 * @property {string} key
 * @property {string} claim
 * @property {string} annotation
 * @property {"asserts"|"reports"|"denies"} stance
 * @property {string|null} annotator
 * @property {boolean} is_mine
 * @property {number} [version]
 * @property {string|null} withdrawn_at
 */

/**
 * @typedef {object} Evidence a passage for, against or neutral to a claim
 * @property {string} key
 * @property {string} claim
 * @property {string} url
 * @property {string} [title]
 * @property {"supports"|"refutes"|"neutral"} stance
 * @property {string} [quote]
 * @property {string} [note]
 * @property {string|null} annotator
 * @property {boolean} is_mine
 * @property {number} version
 * @property {string|null} withdrawn_at
 */

/**
 * @typedef {object} Claim a checkable statement
 * @property {string} key
 * @property {string} text
 * @property {string|null} annotator
 * @property {boolean} is_mine
 * @property {number} version
 * @property {string|null} withdrawn_at
 * @property {Mention[]} [mentions]
 * @property {Evidence[]} [evidence]
 */

/** @typedef {Annotation|Claim|Evidence|Mention} Judgement */
/** @typedef {"annotation"|"claim"|"evidence"|"mention"|"relation"|"article_label"|"decision"|"zone"|"unplaced"|"attribution"} Sort */

/**
 * @typedef {object} Label
 * @property {string} key
 * @property {string} name
 * @property {string} [shortcut] a digit, or a letter typed with Shift
 * @property {string} [parent]
 * @property {number} [depth] how many labels it stands below
 * @property {import("./state/attributes.js").Definition[]} [attributes] what can be said of its annotations
 */

/** @typedef {{code: string, message: string, field?: string|null}} Problem */

/**
 * @typedef {object} Op one act waiting to be saved
 * @property {number} [seq] place in the queue, given by the store
 * @property {string} id the Idempotency-Key, the same for every try
 * @property {string} user uuid of the person who acted
 * @property {string} doc uuid of the article version
 * @property {Sort} sort
 * @property {"create"|"change"|"withdraw"|"restore"} kind
 * @property {string} target key of the judgement
 * @property {string[]} needs keys that must be saved before this one
 * @property {string} path address under the API of the project
 * @property {"POST"|"PATCH"} method
 * @property {Record<string, unknown>} body
 * @property {number|null} base version that the person saw; null: whatever the op before it leaves
 * @property {number} tries
 * @property {"waiting"|"conflict"|"refused"} state
 * @property {Problem[]} [problems] why the server refused it
 * @property {Judgement|null} [current] what the server has instead
 * @property {Record<string, unknown>} [shown] what is known of a judgement that it makes, beside what is sent; an act on something else `makes` annotations and `takes` some back, by key
 * @property {string} [page] address of the page where it was done
 */

/**
 * @typedef {object} Mark an annotation as the painters see it
 * @property {string} key
 * @property {number} start offset in UTF-16 units
 * @property {number} end offset in UTF-16 units
 * @property {string} label
 * @property {boolean} [other] made by someone else
 * @property {{start: number, end: number}[]} [parts] where it leaves words out: two or more, in text order
 */

/** @typedef {{n: number, start: number, end: number}} Block offsets in UTF-16 units */
/** @typedef {{key?: string, version?: number, kind: string, start: number, end: number, publisher?: string|null, url?: string, withdrawn_at?: string|null}} Region */
/** @typedef {{start: number, end: number, url: string}} Link */
/** @typedef {{state: string, submitted_at: string|null, version: number, is_late?: boolean}} Assignment */

/**
 * @typedef {object} PageData what the server puts into the page
 * @property {{slug: string}} project
 * @property {{uuid: string, title: string, publisher?: string|null, language: string|null}} article
 * @property {{uuid: string, text_sha256: string, length: number}} version length in code points
 * @property {Record<string, string>} gaps text after a block where it is not an empty line
 * @property {string} lead text before the first block
 * @property {{user_uuid: string, pseudonym: string, role: string, can_annotate: boolean, marks_zones?: boolean, marks_everywhere?: boolean, keys?: Record<string, string>}} me keys: those that the person changed
 * @property {number} [suggestions] how many there are on this text
 * @property {number} [waiting] how much of earlier wordings waits to be placed by the person
 * @property {Label[]} labels
 * @property {Label[]} [labels_of_articles]
 * @property {Label[]} [labels_of_relations]
 * @property {string|null} [live_since] from when on others' changes are to be asked for; null where their work is hidden
 * @property {boolean} [has_streams] whether a live channel can be had here
 * @property {Annotation[]} annotations in brief
 * @property {Claim[]} claims
 * @property {number|null} next offset in code points at which annotations go on that are still to be fetched
 * @property {Region[]} regions offsets in code points
 * @property {Link[]} links offsets in code points
 * @property {Assignment|null} assignment
 * @property {string|null} [round] the round that the article is in; null: the first
 * @property {Record<string, string>} [states] how far the others are whose work is shown, by pseudonym
 * @property {{api: string, list: string, after_submit: string|null, queue: string|null, history?: string, job?: string}} urls
 */

export {};
