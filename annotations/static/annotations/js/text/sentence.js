// @ts-check
/** Finds the sentence around a place of a text. Offsets in UTF-16 units. */
import { trim } from "./snap.js";

/** What ends in a full stop without ending its sentence. */
const SHORT = /(?:^|[\s(“"„«])(?:\p{Lu}|Mr|Mrs|Ms|Dr|Prof|St|Gen|Sen|Rep|Gov|No|vs|Jr|Sr|Inc|Ltd|Co|Corp|e\.g|i\.e|z\. ?B|bzw|ca|Nr|Abs|M|Mme|Mlle)\.\s*$/u;

/**
 * @param {string} text
 * @param {number} from where the paragraph begins
 * @param {number} to where it ends
 * @param {number} offset
 * @param {string} [locale]
 */
export function sentenceAt(text, from, to, offset, locale = "") {
  const paragraph = text.slice(from, to);
  let segmenter;
  try {
    segmenter = new Intl.Segmenter(locale || undefined, { granularity: "sentence" });
  } catch {
    segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
  }
  let start = 0;
  let end = 0;
  for (const { segment } of segmenter.segment(paragraph)) {
    end += segment.length;
    if (end < paragraph.length && SHORT.test(paragraph.slice(start, end))) continue;
    if (from + end > offset) break;
    start = end;
  }
  return trim(text, from + start, from + end);
}
