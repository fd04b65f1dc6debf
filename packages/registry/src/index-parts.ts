import { digestOf, isModelkeepError, type Store } from "@modelkeep/core";

import { eachOf } from "./blobs.js";
import { IndexLine } from "./index-line.js";
import { indexPrefix } from "./keys.js";
import { ulid } from "./ulid.js";

const format = "modelkeep.index/4";
const encoder = new TextEncoder();

/** How far an index goes, in milliseconds since 1970. */
export interface IndexMarks {
  /** Changes until then are in. */
  readonly through: number;
  /** When every model was asked last. */
  readonly scanned: number;
}

interface Part {
  readonly key: string;
  readonly size: number;
  /** Names of the models whose lines it holds. */
  readonly names: readonly string[];
  readonly marks: IndexMarks;
}

/**
 * The index as the store keeps it: parts that each hold lines of some models. Of several lines of a model the one that
 * knows more entries counts, so that parts of different writers add up in any order. What changes is put as a small part, and
 * parts are written anew as one only when together they are about as large as what is written: a line is rewritten as
 * often as the index doubles, not as often as something changes.
 */
export class IndexParts {
  readonly #store: Store;
  #parts: readonly Part[] = [];
  /** Keys of parts that could not be read: whoever writes next takes them away. */
  readonly #broken = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Gives lines of parts not seen before to `take`. The marks are those of all parts together, absent when one could not be read. */
  async load(take: (line: IndexLine) => void): Promise<IndexMarks | undefined> {
    let whole = await this.#loadListed(take);
    // Others may put parts together while they are read here.
    for (let turn = 0; !whole && turn < 3; turn++) whole = await this.#loadListed(take);
    if (!whole || this.#parts.length === 0 || this.#broken.size > 0) return undefined;
    return {
      through: Math.max(...this.#parts.map(({ marks }) => marks.through)),
      scanned: Math.max(...this.#parts.map(({ marks }) => marks.scanned)),
    };
  }

  /** False if one of the parts was gone before it was read. */
  async #loadListed(take: (line: IndexLine) => void): Promise<boolean> {
    const keys = new Set<string>();
    for await (const { key } of this.#store.list(indexPrefix)) if (!this.#broken.has(key)) keys.add(key);
    const parts = this.#parts.filter(({ key }) => keys.has(key));
    for (const { key } of parts) keys.delete(key);
    const found = await eachOf([...keys], 4, (key) => this.#read(key, take));
    this.#parts = [...parts, ...found.filter((part) => part !== undefined)].sort((a, b) => (a.key < b.key ? -1 : 1));
    return found.every((part, index) => part !== undefined || this.#broken.has([...keys][index]!));
  }

  /** Puts changed lines into the store, together with the newest parts that are small beside them. */
  async save(
    changed: ReadonlySet<string>,
    lines: ReadonlyMap<string, IndexLine>,
    marks: IndexMarks,
    time: Date,
  ): Promise<void> {
    const names = new Set(changed);
    const kept = [...this.#parts];
    const merged: Part[] = [];
    let body = bodyOf(names, lines);
    for (let part = kept.at(-1); part !== undefined && part.size <= 2 * body.length; part = kept.at(-1)) {
      merged.push(kept.pop()!);
      for (const name of part.names) names.add(name);
      body = bodyOf(names, lines);
    }
    const head = encoder.encode(`${JSON.stringify({ format, ...marks, digest: digestOf(body) })}\n`);
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    const key = `${indexPrefix}${ulid(time)}`;
    await this.#store.put(key, bytes);
    this.#parts = [...kept, { key, size: body.length, names: [...names], marks }];
    // What they held is in the new part, which is there: whoever lists now needs them no more.
    for (const old of [...merged.map((part) => part.key), ...this.#broken]) await this.#store.delete(old);
    this.#broken.clear();
  }

  async #read(key: string, take: (line: IndexLine) => void): Promise<Part | undefined> {
    const object = await this.#store.get(key);
    if (object === undefined) return undefined;
    try {
      const bytes = new Uint8Array(object.info.size);
      await object.readInto(bytes);
      const start = bytes.indexOf(10) + 1;
      const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, start))) as Record<string, unknown>;
      const { through, scanned } = head;
      const body = bytes.subarray(start);
      const known = head["format"] === format && typeof through === "number" && typeof scanned === "number";
      if (known && head["digest"] === digestOf(body)) {
        const lines: IndexLine[] = [];
        for (const text of new TextDecoder().decode(body).split("\n")) {
          const line = IndexLine.fromText(text, lines.at(-1));
          if (line !== undefined) lines.push(line);
        }
        for (const line of lines) take(line);
        return { key, size: body.length, names: lines.map((line) => line.name), marks: { through, scanned } };
      }
    } catch (error) {
      // Put together with others since it was listed.
      if (isModelkeepError(error, "not_found")) return undefined;
      if (isModelkeepError(error)) throw error;
    }
    this.#broken.add(key);
    return undefined;
  }
}

function bodyOf(names: ReadonlySet<string>, lines: ReadonlyMap<string, IndexLine>): Uint8Array {
  const texts: string[] = [];
  let before: IndexLine | undefined;
  for (const name of names) {
    const line = lines.get(name);
    if (line === undefined) continue;
    texts.push(line.text(before));
    before = line;
  }
  return encoder.encode(texts.join("\n"));
}
