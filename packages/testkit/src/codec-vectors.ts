import { type Codec, isModelkeepError, type MemoryFile } from "@modelkeep/core";

import { decodeFiles, plainDifference, roundTrip } from "./codec-case.js";
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

/** One case per vector: the outcome, within two seconds, and what was accepted comes back the same once written again. */
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
      if (model !== undefined)
        expectEqual(plainDifference(await roundTrip(codec, model), model), undefined, "difference once written again");
      intact(() => name);
    },
  }));
}
