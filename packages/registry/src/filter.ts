import { ModelkeepError } from "@modelkeep/core";

import { filterError, type Token, tokens } from "./filter-tokens.js";

export type FilterValue = string | number | boolean | null;

/** What a filter can ask: the value of a field, or the values, of which an alias or a label may have several or none. */
export interface Filtered {
  read(field: string): FilterValue | undefined | readonly (FilterValue | undefined)[];
}

export type Filter = (item: Filtered) => boolean;

const fields = new Set([
  "name",
  "alias",
  "label",
  "version",
  "status",
  "author",
  "created",
  "registered",
  "size",
  "codec",
  "flavor",
  "description",
  "verified",
]);
const families = ["tags", "metrics", "parameters"];
const comparisons = new Set(["=", "==", "!=", "<>", "<", "<=", ">", ">="]);
const depthLimit = 200;
const lengthLimit = 65_536;

/** Whether versions have such a field. */
export function isField(name: string): boolean {
  return (
    fields.has(name) || families.some((family) => name.startsWith(`${family}.`) && name.length > family.length + 1)
  );
}

/**
 * Reads a filter such as `metrics.auc >= 0.9 and (alias = 'production' or tags.team in ('risk', 'fraud'))`:
 *
 *     filter   = and ("or" and)*            and = not ("and" not)*
 *     not      = "not" not | "(" filter ")" | test
 *     test     = field (("=" | "!=" | "<" | "<=" | ">" | ">=") value | "not"? "like" text | "not"? "in" "(" value ("," value)* ")")
 *     field    = name, alias, label, version, status, author, created, registered, size, codec, flavor, description, verified,
 *                tags.x, metrics.x, parameters.x; with other characters in backquotes: metrics.`f1 score`
 *
 * In time linear in its length; an error names the character (`invalid_filter`).
 */
export function parseFilter(source: string): Filter {
  if (source.length > lengthLimit)
    throw new ModelkeepError("limit_exceeded", `A filter has at most ${lengthLimit} characters, not ${source.length}`);
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokens(source);
  }

  whole(): Filter {
    if (this.#peek().type === "end") return () => true;
    const filter = this.#or();
    if (this.#peek().type !== "end") throw this.#fault(`"and", "or" or the end must follow, not ${show(this.#peek())}`);
    return filter;
  }

  #or(): Filter {
    const parts = [this.#and()];
    while (this.#takeWord("or")) parts.push(this.#and());
    return parts.length === 1 ? parts[0]! : (item) => parts.some((part) => part(item));
  }

  #and(): Filter {
    const parts = [this.#not()];
    while (this.#takeWord("and")) parts.push(this.#not());
    return parts.length === 1 ? parts[0]! : (item) => parts.every((part) => part(item));
  }

  #not(): Filter {
    if (++this.#depth > depthLimit) throw this.#fault(`nested deeper than ${depthLimit}`);
    try {
      if (this.#takeWord("not")) {
        const inner = this.#not();
        return (item) => !inner(item);
      }
      if (!this.#takeSign("(")) return this.#test();
      const inner = this.#or();
      if (!this.#takeSign(")")) throw this.#fault(`")" must follow, not ${show(this.#peek())}`);
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #test(): Filter {
    const field = this.#field();
    const negated = this.#takeWord("not");
    if (this.#takeWord("like")) return negate(negated, anyOf(field, like(this.#text())));
    if (this.#takeWord("in")) {
      const values = this.#list();
      return negate(
        negated,
        anyOf(field, (found) => values.some((value) => equals(found, value))),
      );
    }
    const token = this.#peek();
    if (negated || token.type !== "sign" || !comparisons.has(token.text))
      throw this.#fault(`${negated ? '"like" or "in"' : "a comparison"} must follow, not ${show(token)}`);
    this.#next++;
    const value = this.#value();
    // "alias != 'production'" holds where no alias is "production".
    if (token.text === "!=" || token.text === "<>")
      return negate(
        true,
        anyOf(field, (found) => equals(found, value)),
      );
    return anyOf(field, comparison(token.text, value));
  }

  #field(): string {
    const token = this.#peek();
    if (token.type !== "word") throw this.#fault(`a field must stand here, not ${show(token)}`);
    this.#next++;
    const family = families.find((each) => token.text.startsWith(`${each}.`));
    const quoted = this.#peek();
    if (family !== undefined && token.text === `${family}.` && quoted.type === "word" && quoted.at === token.end) {
      this.#next++;
      return `${family}.${quoted.text}`;
    }
    if (isField(token.text)) return token.text;
    const known = [...fields, ...families.map((each) => `${each}.x`)].join(", ");
    throw filterError(this.#source, token.at, `there is no field ${JSON.stringify(token.text)}; there are: ${known}`);
  }

  #list(): FilterValue[] {
    if (!this.#takeSign("(")) throw this.#fault(`"(" must follow "in", not ${show(this.#peek())}`);
    const values = [this.#value()];
    while (this.#takeSign(",")) values.push(this.#value());
    if (!this.#takeSign(")")) throw this.#fault(`"," or ")" must follow, not ${show(this.#peek())}`);
    return values;
  }

  #text(): string {
    const token = this.#peek();
    if (token.type !== "text") throw this.#fault(`a text in quotes must follow "like", not ${show(token)}`);
    this.#next++;
    return token.text;
  }

  #value(): FilterValue {
    const token = this.#peek();
    this.#next++;
    if (token.type === "text") return token.text;
    if (token.type === "number") return token.value;
    if (token.type === "word" && (token.text === "true" || token.text === "false")) return token.text === "true";
    if (token.type === "word" && token.text === "null") return null;
    this.#next--;
    throw this.#fault(`a number or a text in quotes must stand here, not ${show(token)}`);
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const found = token.type === "word" && token.text.toLowerCase() === word;
    if (found) this.#next++;
    return found;
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek();
    const found = token.type === "sign" && token.text === sign;
    if (found) this.#next++;
    return found;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #fault(message: string) {
    return filterError(this.#source, this.#peek().at, message);
  }
}

function anyOf(field: string, test: (value: FilterValue | undefined) => boolean): Filter {
  return (item) => {
    const found = item.read(field);
    return isSeveral(found) ? found.some(test) : test(found);
  };
}

function isSeveral<T>(found: T | readonly T[]): found is readonly T[] {
  return Array.isArray(found);
}

function negate(negated: boolean, filter: Filter): Filter {
  return negated ? (item) => !filter(item) : filter;
}

function equals(found: FilterValue | undefined, value: FilterValue): boolean {
  if (value === null) return found === null || found === undefined;
  if (typeof value === "number" && typeof found === "string") return found !== "" && Number(found) === value;
  return found === value;
}

/** Numbers with numbers, texts with texts in code-point order (so ISO dates too); anything else does not compare. */
function comparison(sign: string, value: FilterValue): (found: FilterValue | undefined) => boolean {
  if (sign === "=" || sign === "==") return (found) => equals(found, value);
  return (found) => {
    const left = typeof value === "number" && typeof found === "string" && found !== "" ? Number(found) : found;
    if (left === undefined || left === null || value === null || typeof left !== typeof value) return false;
    if (sign === "<") return left < value;
    if (sign === "<=") return left <= value;
    return sign === ">" ? left > value : left >= value;
  };
}

/** "%" stands for any characters, "_" for one; case does not matter. Without backtracking beyond the last "%". */
function like(pattern: string): (found: FilterValue | undefined) => boolean {
  const wanted = Array.from(pattern.toLowerCase());
  return (found) => {
    if (found === undefined || found === null) return false;
    const text = Array.from(String(found).toLowerCase());
    let [at, star, mark] = [0, -1, 0];
    for (let index = 0; index < text.length;) {
      if (wanted[at] === "%") {
        star = at++;
        mark = index;
      } else if (at < wanted.length && (wanted[at] === "_" || wanted[at] === text[index])) {
        at++;
        index++;
      } else if (star >= 0) {
        at = star + 1;
        index = ++mark;
      } else return false;
    }
    while (wanted[at] === "%") at++;
    return at === wanted.length;
  };
}

function show(token: Token): string {
  return token.type === "end" ? "the end" : JSON.stringify(token.text.slice(0, 40));
}
