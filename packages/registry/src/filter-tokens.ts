import { ModelkeepError } from "@modelkeep/core";

export type Token =
  | { readonly type: "word"; readonly text: string; readonly at: number; readonly end: number }
  | { readonly type: "text"; readonly text: string; readonly at: number; readonly end: number }
  | {
      readonly type: "number";
      readonly value: number;
      readonly text: string;
      readonly at: number;
      readonly end: number;
    }
  | { readonly type: "sign"; readonly text: string; readonly at: number; readonly end: number }
  | { readonly type: "end"; readonly text: ""; readonly at: number; readonly end: number };

const signs = ["<=", ">=", "!=", "<>", "==", "=", "<", ">", "(", ")", ","];
const sticky = {
  space: /\s+/uy,
  number: /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_-])/uy,
  word: /[\p{L}_][\p{L}\p{N}_.-]*/uy,
};

/** Cuts a filter into tokens, from left to right, each character looked at a bounded number of times. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < source.length;) {
    const space = match(sticky.space, source, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = tokenAt(source, at);
    found.push(token);
    at = token.end;
  }
  found.push({ type: "end", text: "", at: source.length, end: source.length });
  return found;
}

function tokenAt(source: string, at: number): Token {
  const first = source[at]!;
  if (first === "'" || first === '"' || first === "`") return quoted(source, at, first);
  const number = match(sticky.number, source, at);
  if (number !== undefined) return { type: "number", value: Number(number), text: number, at, end: at + number.length };
  const word = match(sticky.word, source, at);
  if (word !== undefined) return { type: "word", text: word, at, end: at + word.length };
  const sign = signs.find((each) => source.startsWith(each, at));
  if (sign !== undefined) return { type: "sign", text: sign, at, end: at + sign.length };
  throw filterError(source, at, `${JSON.stringify(first)} means nothing here`);
}

/** A doubled quote stands for one: 'it''s'. */
function quoted(source: string, at: number, quote: string): Token {
  let text = "";
  for (let start = at + 1; ;) {
    const end = source.indexOf(quote, start);
    if (end < 0) throw filterError(source, at, `the text that begins with ${quote} has no end`);
    text += source.slice(start, end);
    if (source[end + 1] !== quote) return { type: quote === "`" ? "word" : "text", text, at, end: end + 1 };
    text += quote;
    start = end + 2;
  }
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** `invalid_filter`, with the place: the sentence counts characters from 1, as people do, `details.at` units of the string from 0. */
export function filterError(source: string, at: number, message: string): ModelkeepError {
  const from = Math.max(0, at - 30);
  const excerpt = source.slice(from, at + 30).replaceAll(/\s/gu, " ");
  const pointer = `${" ".repeat(at - from)}^`;
  return new ModelkeepError(
    "invalid_filter",
    `The filter is wrong at character ${Array.from(source.slice(0, at)).length + 1}: ${message}\n  ${excerpt}\n  ${pointer}`,
    {
      details: { at },
    },
  );
}
