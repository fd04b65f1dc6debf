/** What Python's \w, \d and \s mean for text. */
const word = "\\p{L}\\p{N}_";
const digit = "\\p{Nd}";
const space = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const boundary = `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`;

/** Patterns come from files: more repetitions than these could take for ever on a long text. */
const mostRepetitions = 2;

/**
 * A regular expression of Python's `re`, as JavaScript has it. Understands literals, classes, \w \d \s \b and their
 * opposites, alternatives, groups, and repetitions of single characters. Undefined for anything else.
 */
export function translatePattern(pattern: string): RegExp | undefined {
  const reader = new PatternReader(pattern.replace(/^\(\?u\)/u, ""));
  const source = reader.alternatives();
  if (source === undefined || !reader.done) return undefined;
  try {
    return new RegExp(source, "gu");
  } catch {
    return undefined;
  }
}

class PatternReader {
  #at = 0;
  #repetitions = 0;
  #groups = 0;
  readonly #text: readonly string[];

  constructor(pattern: string) {
    this.#text = Array.from(pattern);
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  alternatives(depth = 0): string | undefined {
    if (depth > 8) return undefined;
    let out = "";
    let repeated = false;
    while (!this.done && this.#text[this.#at] !== ")") {
      if (this.#take("|")) {
        out += "|";
        repeated = false;
        continue;
      }
      const atom = this.#atom(depth);
      const suffix = atom === undefined ? undefined : this.#repetition(atom.single);
      if (atom === undefined || suffix === undefined) return undefined;
      // Two unlimited repetitions in a row can share a text in too many ways.
      const unlimited = /^[*+]|,\}/u.test(suffix);
      if (unlimited && (repeated || ++this.#repetitions > mostRepetitions)) return undefined;
      repeated = unlimited;
      out += atom.source + suffix;
    }
    return out;
  }

  #atom(depth: number): { source: string; single: boolean } | undefined {
    const next = this.#text[this.#at++]!;
    switch (next) {
      case "(":
        return this.#group(depth);
      case "[":
        return this.#characterClass();
      case "\\":
        return this.#escape();
      case ".":
        return { source: "[^\\n]", single: true };
      case "^":
      case "$":
      case "*":
      case "+":
      case "?":
      case "{":
        return undefined;
      default:
        return { source: literal(next), single: true };
    }
  }

  #group(depth: number): { source: string; single: boolean } | undefined {
    const capturing = !this.#take("?");
    if (!capturing && !this.#take(":")) return undefined;
    // More than one capturing group is refused by scikit-learn as well.
    if (capturing && ++this.#groups > 1) return undefined;
    const inner = this.alternatives(depth + 1);
    if (inner === undefined || !this.#take(")")) return undefined;
    return { source: `(${capturing ? "" : "?:"}${inner})`, single: false };
  }

  #escape(): { source: string; single: boolean } | undefined {
    const letter = this.#text[this.#at++];
    if (letter === "b") return { source: boundary, single: false };
    const set = letter === undefined ? undefined : classOf(letter);
    if (set !== undefined) return { source: `[${set.negated ? "^" : ""}${set.members}]`, single: true };
    const character = letter === undefined ? undefined : escaped(letter);
    return character === undefined ? undefined : { source: literal(character), single: true };
  }

  #characterClass(): { source: string; single: boolean } | undefined {
    let source = this.#take("^") ? "[^" : "[";
    for (let first = true; ; first = false) {
      const next = this.#text[this.#at++];
      if (next === undefined) return undefined;
      if (next === "]" && !first) return { source: `${source}]`, single: true };
      if (next === "[" && this.#text[this.#at] === ":") return undefined;
      if (next !== "\\") {
        const range = next === "-" && !first && this.#text[this.#at] !== "]";
        source += range ? "-" : literal(next);
        continue;
      }
      const letter = this.#text[this.#at++];
      const set = letter === undefined ? undefined : classOf(letter);
      if (set?.negated === true) return undefined;
      const character = set === undefined && letter !== undefined ? escaped(letter) : undefined;
      if (set === undefined && character === undefined) return undefined;
      source += set?.members ?? literal(character!);
    }
  }

  /** "" when nothing is repeated; undefined for what is not understood. */
  #repetition(single: boolean): string | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 12).join("");
    const found = /^(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})\??/u.exec(rest)?.[0];
    if (found === undefined) return rest.startsWith("{") ? undefined : "";
    if (!single && !/^\?\??$/u.test(found)) return undefined;
    this.#at += found.length;
    return /^[*+?{]/u.test(this.#text[this.#at] ?? "") ? undefined : found;
  }

  #take(text: string): boolean {
    if (this.#text[this.#at] !== text) return false;
    this.#at++;
    return true;
  }
}

function classOf(letter: string): { members: string; negated: boolean } | undefined {
  const members = { w: word, d: digit, s: space }[letter.toLowerCase()];
  return members === undefined ? undefined : { members, negated: letter !== letter.toLowerCase() };
}

function escaped(letter: string): string | undefined {
  const control = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" }[letter];
  return control ?? (/[\p{L}\p{N}]/u.test(letter) ? undefined : letter);
}

function literal(character: string): string {
  return /[\p{L}\p{N}_]/u.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
