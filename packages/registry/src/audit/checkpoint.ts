import { checkName, compareCodePoints, type Digest, digestHex, ModelkeepError } from "@modelkeep/core";

import { merkleRoot } from "./merkle-root.js";

/** How far the history of a model went, and the digest of its last entry: it stands for all of them. */
export interface Head {
  readonly model: string;
  readonly length: number;
  readonly head: Digest;
}

export interface Checkpoint {
  /** Which registry it is of. */
  readonly origin: string;
  /** In code-point order of the models' names. */
  readonly heads: readonly Head[];
}

const encoder = new TextEncoder();

/**
 * A checkpoint as the text of a note (https://c2sp.org/tlog-checkpoint): origin, number of models, the root over the lines that
 * follow, and these: `<length> <digest in base64> <name>`.
 */
export function writeCheckpoint({ origin, heads }: Checkpoint): string {
  if (!/^[^\s\p{Cc}]+$/u.test(origin))
    throw new ModelkeepError("invalid_name", `An origin has no spaces: ${JSON.stringify(origin)}`);
  const lines = heads.toSorted((a, b) => compareCodePoints(a.model, b.model)).map(lineOf);
  return [origin, String(lines.length), rootOf(lines), ...lines].map((line) => `${line}\n`).join("");
}

/** Reads the text of a note that was opened. A root that is not that of the lines is `malformed`. */
export function readCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split("\n");
  const lines = rest.slice(0, -1);
  if (origin === undefined || origin === "" || size !== String(lines.length))
    throw malformed("does not list the models that it counts");
  const heads = lines.map(readLine);
  if (heads.some(({ model }, index) => index > 0 && compareCodePoints(heads[index - 1]!.model, model) >= 0))
    throw malformed("does not list its models in order");
  if (root !== rootOf(lines)) throw malformed("has a root that is not that of its lines");
  return { origin, heads };
}

function lineOf({ model, length, head }: Head): string {
  return `${length} ${toBase64(digestHex(head))} ${model}`;
}

function readLine(line: string): Head {
  const [, length, base64, model] = /^([1-9]\d{0,14}) ([A-Za-z0-9+/]{43}=) (.+)$/u.exec(line) ?? [];
  if (model === undefined) throw malformed(`has the line ${JSON.stringify(line.slice(0, 80))}`);
  const hex = Array.from(atob(base64!), (character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  if (toBase64(hex) !== base64) throw malformed("has a digest that is not in base64");
  return { model: checkName(model), length: Number(length), head: `sha256:${hex}` };
}

function rootOf(lines: readonly string[]): string {
  return btoa(String.fromCharCode(...merkleRoot(lines.map((line) => encoder.encode(line)))));
}

function toBase64(hex: string): string {
  return btoa(String.fromCharCode(...hex.match(/../gu)!.map((byte) => Number.parseInt(byte, 16))));
}

function malformed(message: string): ModelkeepError {
  return new ModelkeepError("malformed", `The checkpoint ${message}`);
}
