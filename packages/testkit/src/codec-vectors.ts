import { type Codec, isModelkeepError, type MemoryFile } from "@modelkeep/core";

import { decodeFiles, expectRefusedOrSame, expectSame, plainDifference, roundTrip } from "./codec-case.js";
import { describeError, expectEqual, expectTrue, within } from "./expect.js";
import { prototypeGuard } from "./fuzz-decoder.js";
import type { Case } from "./suite.js";

/** A file, or files with the main one first, and the outcome that decoding must have: "accepted" or the code of an error. */
export interface CodecVector {
  readonly name: string;
  readonly outcome: string;
  readonly why: string;
  readonly files: readonly MemoryFile[];
}

/** Accepted files up to this size are cut at every byte too. */
const smallFile = 600;

/**
 * One case per vector: the outcome, within two seconds. What is accepted comes back the same once written again, and is
 * refused, or the same, when it is cut anywhere.
 */
export function vectorSuite<M>(codec: Codec<M>, vectors: readonly CodecVector[]): readonly Case[] {
  return vectors.map(({ name, outcome, why, files }) => ({
    name: `${name}: ${why}`,
    async run() {
      const intact = prototypeGuard();
      let found = "accepted";
      let model: M | undefined;
      try {
        model = await within(2000, decodeFiles(codec, files), name);
      } catch (error) {
        expectTrue(isModelkeepError(error), `expected a ModelkeepError, got ${describeError(error)}`);
        found = error.code;
      }
      expectEqual(found, outcome, "outcome");
      if (model !== undefined) {
        const context = { codec, difference: plainDifference };
        expectSame(context, await roundTrip(codec, model), model, "once written again");
        for (const cut of cuts(files)) await expectRefusedOrSame(context, cut, model, "cut");
      }
      intact(() => name);
    },
  }));
}

function* cuts(files: readonly MemoryFile[]): Generator<readonly MemoryFile[]> {
  for (const file of files) {
    if (file.bytes.length > smallFile) continue;
    for (let length = 0; length < file.bytes.length; length++) {
      const shorter = { ...file, bytes: file.bytes.slice(0, length) };
      yield files.map((each) => (each === file ? shorter : each));
    }
  }
}
