/** How a vectorizer makes terms of a text: all that is needed to do it again, as plain JSON. */
export interface TextAnalysis {
  readonly analyzer: "word" | "char" | "char_wb";
  readonly lowercase: boolean;
  readonly stripAccents?: "ascii" | "unicode";
  /** A regular expression in Python's syntax; for words only. */
  readonly tokenPattern?: string;
  readonly stopWords?: "english" | readonly string[];
  readonly ngrams: readonly [fewest: number, most: number];
  /** 0 or 1 in place of counts. */
  readonly binary: boolean;
  /** Terms in the order of the columns. */
  readonly vocabulary: readonly string[];
}
