import type { Codec } from "@modelkeep/core";

import { basicCases } from "./codec-basics.js";
import { type CodecCase, type CodecSample, type CodecSuiteOptions, plainDifference } from "./codec-case.js";
import { snapshotOf } from "./codec-difference.js";
import { hostileCases } from "./codec-hostile.js";
import { prototypeGuard } from "./fuzz-decoder.js";
import type { Case } from "./suite.js";

/** Every promise of `Codec`. */
export const codecCases: readonly CodecCase[] = [...basicCases, ...hostileCases];

/** The suite for a codec's own tests. Put small samples first: the first three are cut at every byte. */
export function codecSuite<M>(
  codec: Codec<M>,
  samples: readonly CodecSample<M>[],
  { difference = plainDifference, related = [], mutations = 300 }: CodecSuiteOptions<M> = {},
): readonly Case[] {
  const known = samples.map((sample) => ({ ...sample, before: snapshotOf(sample.model) }));
  return codecCases.map(({ name, run }) => ({
    name,
    async run() {
      const intact = prototypeGuard();
      try {
        await run({ codec, samples: known, difference, related, mutations });
      } finally {
        intact(() => name);
      }
    },
  }));
}
