import type { Manifest } from "@modelkeep/core";

import type { PayloadSummary, Summary, VersionRecord } from "./record.js";

/** What the log keeps of a manifest, for listing and searching. */
export function summaryOf(manifest: Manifest): Summary {
  const scalars = Object.entries(manifest.parameters ?? {}).filter(
    ([, value]) => typeof value !== "object" || value === null,
  );
  const { created, author, licence, metrics = {}, samples, data } = manifest;
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
    ...(data && { data: data.map(({ name, digest }) => ({ name, ...(digest !== undefined && { digest }) })) }),
    size: manifest.payloads.reduce((sum, payload) => sum + payload.size, 0),
  };
}

export function payloadSummaries(manifest: Manifest): PayloadSummary[] {
  return manifest.payloads.map(({ path, size, digest }) => ({ path, size, digest }));
}

/** What the log says of a version that its manifest does not: a writer may have made the summary up. */
export function summaryFaults(manifest: Manifest, { content, summary, payloads }: VersionRecord): string[] {
  const actual = summaryOf(manifest);
  const fields = ["created", "author", "licence", "metrics", "parameters", "samples", "size"] as const;
  const faults: string[] = fields.filter((field) => !isDeepEqual(summary[field], actual[field]));
  // Logs from before data sets were listed have none.
  if (summary.data !== undefined && !isDeepEqual(summary.data, actual.data)) faults.push("data");
  if (content !== manifest.content || !isDeepEqual(payloads, payloadSummaries(manifest))) faults.push("payloads");
  return faults;
}

/** Of JSON values, whatever the order of their fields. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
