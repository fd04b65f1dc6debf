import { readFileSync } from "node:fs";

import { type Inspection, memoryPayloads } from "@modelkeep/core";

import { kerasCodec } from "../src/index.js";

/** What `tooling/fixtures/keras_files.py` says of a file that it wrote. */
interface Expected {
  readonly refused?: string;
  readonly datasets?: Readonly<
    Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly hex: string }>
  >;
  readonly parameters?: number;
  readonly layers?: readonly string[];
  readonly flags?: readonly string[];
  readonly optimizer?: string;
}

const folder = new URL("../../../vectors/keras/", import.meta.url);

export const expected = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as Readonly<
  Record<string, Expected>
>;

export function vector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

export function payloads(bytes: Uint8Array, path = "model.keras") {
  return memoryPayloads([{ path, bytes }]);
}

export async function inspect(bytes: Uint8Array, path?: string): Promise<Inspection> {
  return kerasCodec().inspect!(payloads(bytes, path));
}

export function architecture(config: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(config));
}
