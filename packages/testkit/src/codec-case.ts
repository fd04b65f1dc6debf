import {
  type Codec,
  collect,
  collectPayloads,
  isModelkeepError,
  type MemoryFile,
  memoryPayloads,
  type PayloadSource,
} from "@modelkeep/core";

import { differenceOf } from "./codec-difference.js";
import { describeError, expectTrue } from "./expect.js";

/** A model that the codec must keep whole. Small ones let the suite try every byte. */
export interface CodecSample<M> {
  readonly name: string;
  readonly model: M;
}

/** How models are compared, and how many damaged files are tried. */
export interface CodecSuiteOptions<M> {
  /** Where two models differ, as a sentence. Default: compared as plain data, bit by bit. */
  readonly difference?: (actual: M, expected: M) => string | undefined;
  /** Formats whose files are this codec's own too: "zip" for one that reads packed files. */
  readonly related?: readonly string[];
  /** Mutated files tried per sample. Default 300. */
  readonly mutations?: number;
}

/** What each case of the suite is given. */
export interface CodecContext<M> {
  readonly codec: Codec<M>;
  /** With what each model was before the codec ever saw it. */
  readonly samples: readonly (CodecSample<M> & { readonly before: unknown })[];
  readonly difference: (actual: M, expected: M) => string | undefined;
  readonly related: readonly string[];
  readonly mutations: number;
}

/** One promise of `Codec`. */
export interface CodecCase {
  readonly name: string;
  readonly run: <M>(context: CodecContext<M>) => Promise<void>;
}

/** The files of a model, in memory. */
export async function encodedFiles<M>(codec: Codec<M>, model: M): Promise<MemoryFile[]> {
  return filesOf(await codec.encode(model));
}

export async function filesOf(sources: readonly PayloadSource[]): Promise<MemoryFile[]> {
  const files: MemoryFile[] = [];
  for (const { path, mediaType, role, open } of sources)
    files.push({ path, mediaType, role, bytes: await collect(open()) });
  return files;
}

/** Decodes files whose bytes nobody else holds. */
export async function decodeFiles<M>(codec: Codec<M>, files: readonly MemoryFile[]): Promise<M> {
  return codec.decode(memoryPayloads(files.map((file) => ({ ...file, bytes: new Uint8Array(file.bytes) }))));
}

export async function roundTrip<M>(codec: Codec<M>, model: M): Promise<M> {
  return codec.decode(await collectPayloads(await codec.encode(model)));
}

export function expectSame<M>(
  { difference }: Pick<CodecContext<M>, "difference">,
  actual: M,
  expected: M,
  what: string,
): void {
  const found = difference(actual, expected);
  expectTrue(found === undefined, `${what}: ${found}`);
}

/** A damaged file is refused with a `ModelkeepError`, unless it still says the same; anything else is a fault of the codec. */
export async function expectRefusedOrSame<M>(
  context: Pick<CodecContext<M>, "codec" | "difference">,
  files: readonly MemoryFile[],
  expected: M,
  what: string,
): Promise<void> {
  let model: M;
  try {
    model = await decodeFiles(context.codec, files);
  } catch (error) {
    expectTrue(isModelkeepError(error), `${what}: expected a ModelkeepError, got ${describeError(error)}`);
    return;
  }
  expectSame(context, model, expected, `${what}: accepted, but as another model`);
}

export const plainDifference = (actual: unknown, expected: unknown): string | undefined =>
  differenceOf(actual, expected);
