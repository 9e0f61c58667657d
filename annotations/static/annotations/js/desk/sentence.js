// @ts-check
/** Three clicks take a sentence, where the browser takes the paragraph. Fetched with the second click. */
import { sentenceAt } from "../text/sentence.js";

/** @param {import("./desk.js").Desk} desk @param {number} offset where it was clicked */
export function takeSentence({ page, locale, words }, offset) {
  const { start, end } = page.blockAt(offset);
  const sentence = sentenceAt(page.text, start, end, offset, locale);
  if (!sentence) return;
  const range = page.rangeOf(sentence.start, sentence.end);
  getSelection()?.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  words.take(true);
}
