import { PickleDict } from "./dict.js";
import { malformed } from "./errors.js";
import { PickleTuple, type PickleValue } from "./value.js";

const deepest = 32;

/** Reads a Python literal as `repr` writes it: strings, integers, True, False, None, tuples, lists, dicts. */
export function parseLiteral(text: string): PickleValue {
  const tokens = tokenize(text);
  let at = 0;
  const next = (): string => tokens[at++] ?? "";

  const sequence = (end: string, depth: number): { items: PickleValue[]; comma: boolean } => {
    const items: PickleValue[] = [];
    let comma = false;
    while (tokens[at] !== end) {
      items.push(value(depth));
      comma = tokens[at] === ",";
      if (comma) at++;
      else break;
    }
    if (next() !== end) throw notLiteral();
    return { items, comma };
  };

  const dict = (depth: number): PickleDict => {
    const entries = new PickleDict();
    while (tokens[at] !== "}") {
      const key = value(depth);
      if (next() !== ":") throw notLiteral();
      entries.set(key, value(depth));
      if (tokens[at] !== ",") break;
      at++;
    }
    if (next() !== "}") throw notLiteral();
    return entries;
  };

  const value = (depth: number): PickleValue => {
    if (depth > deepest) throw notLiteral();
    const token = next();
    if (token === "(") {
      const { items, comma } = sequence(")", depth + 1);
      return items.length === 1 && !comma ? (items[0] as PickleValue) : new PickleTuple(items);
    }
    if (token === "[") return sequence("]", depth + 1).items;
    if (token === "{") return dict(depth + 1);
    return atom(token);
  };

  const result = value(0);
  if (at !== tokens.length) throw notLiteral();
  return result;
}

function atom(token: string): PickleValue {
  if (token === "True") return true;
  if (token === "False") return false;
  if (token === "None") return null;
  if (/^-?[0-9]{1,19}L?$/.test(token)) return Number(token.replace("L", ""));
  if (/^['"]/.test(token)) return token.slice(1, -1).replaceAll(/\\(['"\\])/g, "$1");
  throw notLiteral();
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s+|([()[\]{}:,])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(-?[0-9]+L?|True|False|None)/y;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw malformed(`The header of an array file cannot be read from its character ${from}`);
    if (found[0].trim() !== "") tokens.push(found[0]);
  }
  return tokens;
}

function notLiteral(): Error {
  return malformed("The header of an array file is not a Python literal");
}
