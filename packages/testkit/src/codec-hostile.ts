import { isModelkeepError, type MemoryFile, memoryPayloads } from "@modelkeep/core";

import { type CodecCase, decodeFiles, encodedFiles, expectRefusedOrSame } from "./codec-case.js";
import { describeError, expectError, expectTrue } from "./expect.js";
import { fuzzDecoder } from "./fuzz-decoder.js";

/** Boundaries tried per file, of the first three samples: all of a small file. */
const mostCuts = 2000;

/** Every file is from a stranger. */
export const hostileCases: readonly CodecCase[] = [
  {
    name: "a file that is cut anywhere is refused with a typed error",
    async run(context) {
      for (const { name, model } of context.samples.slice(0, 3)) {
        const files = await encodedFiles(context.codec, model);
        for (const [index, { path, bytes }] of files.entries()) {
          for (const length of cuts(bytes.length)) {
            const damaged = replaced(files, index, bytes.slice(0, length));
            await expectRefusedOrSame(
              context,
              damaged,
              model,
              `${name}: ${path} cut to ${length} of ${bytes.length} bytes`,
            );
          }
        }
      }
    },
  },
  {
    name: "a file that goes on after its end is refused",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const files = await encodedFiles(codec, model);
        for (const [index, { path, bytes }] of files.entries()) {
          const longer = new Uint8Array(bytes.length + 8).fill(0xff);
          longer.set(bytes);
          const error = await outcome(() => decodeFiles(codec, replaced(files, index, longer)));
          expectTrue(isModelkeepError(error), `${name}: ${path} with 8 bytes appended: ${describeOutcome(error)}`);
        }
      }
    },
  },
  {
    name: "an empty file, noise and zeros are refused",
    async run({ codec, samples }) {
      const files = await encodedFiles(codec, samples[0]!.model);
      const noise = Uint8Array.from({ length: 1000 }, (_, index) => (index * 197 + (index >> 3)) % 256);
      for (const bytes of [new Uint8Array(0), noise, new Uint8Array(1000), new Uint8Array(1000).fill(0xff)]) {
        const error = await outcome(() => decodeFiles(codec, replaced(files, 0, bytes)));
        expectTrue(isModelkeepError(error), `${bytes.length} bytes of ${bytes[0]}: ${describeOutcome(error)}`);
      }
    },
  },
  {
    name: "a model of several files is refused without one of them",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const files = await encodedFiles(codec, model);
        for (let missing = 1; missing < files.length; missing++) {
          const rest = files.filter((_, index) => index !== missing);
          const error = await outcome(() => decodeFiles(codec, rest));
          expectTrue(isModelkeepError(error), `${name} without ${files[missing]!.path}: ${describeOutcome(error)}`);
        }
      }
    },
  },
  {
    name: "the limit on bytes holds",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const files = await encodedFiles(codec, model);
        await expectError(() => codec.decode(memoryPayloads(files), { limits: { bytes: 1 } }), "limit_exceeded", name);
        await codec.decode(memoryPayloads(files), {
          limits: { bytes: 2 ** 40, depth: 10_000, items: 1e9, time: 600_000 },
        });
      }
    },
  },
  {
    name: "mutated files give a model or a typed error, quickly",
    async run({ codec, samples, mutations }) {
      for (const { model } of samples) {
        const files = await encodedFiles(codec, model);
        for (const [index, { bytes }] of files.entries()) {
          if (bytes.length > 100_000) continue;
          const decode = (mutated: Uint8Array) => decodeFiles(codec, replaced(files, index, mutated));
          await fuzzDecoder({ seeds: [bytes], decode, runs: mutations, seed: index + 1 });
          if (codec.inspect === undefined) continue;
          const look = async (mutated: Uint8Array) => codec.inspect?.(memoryPayloads(replaced(files, index, mutated)));
          await fuzzDecoder({ seeds: [bytes], decode: look, runs: Math.ceil(mutations / 3), seed: index + 100 });
        }
      }
    },
  },
];

function cuts(length: number): readonly number[] {
  if (length <= mostCuts) return Array.from({ length }, (_, index) => index);
  const step = length / mostCuts;
  return [...new Set(Array.from({ length: mostCuts }, (_, index) => Math.floor(index * step))), length - 1];
}

function replaced(files: readonly MemoryFile[], index: number, bytes: Uint8Array): MemoryFile[] {
  return files.map((file, at) => (at === index ? { ...file, bytes } : file));
}

async function outcome(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}

function describeOutcome(error: unknown): string {
  return error === undefined ? "accepted" : `expected a ModelkeepError, got ${describeError(error)}`;
}
