import { ModelkeepError } from "@modelkeep/core";

import type { TextAnalysis } from "./analysis.js";
import { translatePattern } from "./python-pattern.js";
import { englishStopWords } from "./stop-words.js";

/** A text's terms, as often as they occur, in no particular order. */
export type Analyzer = (text: string) => Iterable<string>;

// Whitespace is what Python takes for it.
const spaces = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const runs = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{2,}/gu;
const ascii = /^[\0-\x7f]*$/u;

/** Makes terms as scikit-learn's CountVectorizer does. Throws `unsupported` for a token pattern that is not understood. */
export function textAnalyzer(analysis: TextAnalysis): Analyzer {
  const prepare = (text: string) => stripAccents(analysis.lowercase ? text.toLowerCase() : text, analysis.stripAccents);
  const [fewest, most] = analysis.ngrams;
  if (analysis.analyzer === "char")
    return (text) => grams(Array.from(prepare(text).replace(runs, " ")), fewest, most, "");
  if (analysis.analyzer === "char_wb") return (text) => boundedGrams(prepare(text), fewest, most);
  const pattern = translatePattern(analysis.tokenPattern ?? "(?u)\\b\\w\\w+\\b");
  if (pattern === undefined) {
    throw new ModelkeepError(
      "unsupported",
      `[sklearn] The token pattern ${JSON.stringify(analysis.tokenPattern?.slice(0, 80))} uses more of Python's regular expressions than is understood here`,
    );
  }
  const stopWords = analysis.stopWords === "english" ? englishStopWords : new Set(analysis.stopWords ?? []);
  return (text) => {
    const tokens = Array.from(
      prepare(text).matchAll(pattern),
      (match) => match[1] ?? (match.length > 1 ? "" : match[0]),
    );
    return grams(stopWords.size === 0 ? tokens : tokens.filter((token) => !stopWords.has(token)), fewest, most, " ");
  };
}

function stripAccents(text: string, how: TextAnalysis["stripAccents"]): string {
  if (how === undefined || ascii.test(text)) return text;
  const parts = text.normalize("NFKD");
  // Marks without a combining class stay: they are no accents to Python either.
  return how === "ascii" ? parts.replace(/[^\0-\x7f]/gu, "") : parts.replace(combining, "");
}

/** Characters with a canonical combining class: nonspacing marks for the most part. */
const combining = /\p{Mn}/gu;

function* grams(tokens: readonly string[], fewest: number, most: number, join: string): Generator<string> {
  for (let size = fewest; size <= Math.min(most, tokens.length); size++) {
    for (let start = 0; start + size <= tokens.length; start++)
      yield size === 1 ? tokens[start]! : tokens.slice(start, start + size).join(join);
  }
}

/** Within words only, each with a space before and behind; a word shorter than a size counts once. */
function* boundedGrams(text: string, fewest: number, most: number): Generator<string> {
  for (const part of text.split(spaces)) {
    if (part === "") continue;
    const characters = [" ", ...Array.from(part), " "];
    for (let size = fewest; size <= most; size++) {
      for (let start = 0; start === 0 || start + size <= characters.length; start++)
        yield characters.slice(start, start + size).join("");
      if (size >= characters.length) break;
    }
  }
}
