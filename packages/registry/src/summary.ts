import type { Manifest } from "@modelkeep/core";

import type { PayloadSummary, Summary } from "./record.js";

/** What the log keeps of a manifest, for listing and searching. */
export function summaryOf(manifest: Manifest): Summary {
  const scalars = Object.entries(manifest.parameters ?? {}).filter(
    ([, value]) => typeof value !== "object" || value === null,
  );
  const { created, author, licence, metrics = {}, samples } = manifest;
  return {
    created,
    ...(author && { author: { name: author.name, ...(author.email !== undefined && { email: author.email }) } }),
    ...(licence !== undefined && { licence }),
    metrics,
    parameters: Object.fromEntries(scalars) as Summary["parameters"],
    representations: manifest.representations.map(({ name, codec, flavor }) => ({
      name,
      codec,
      ...(flavor !== undefined && { flavor }),
    })),
    ...(samples && { samples: samples.rows }),
    size: manifest.payloads.reduce((sum, payload) => sum + payload.size, 0),
  };
}

export function payloadSummaries(manifest: Manifest): PayloadSummary[] {
  return manifest.payloads.map(({ path, size, digest }) => ({ path, size, digest }));
}
