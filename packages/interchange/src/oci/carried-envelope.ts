import {
  attestationLimit,
  digestOf,
  type Envelope,
  envelopeOf,
  manifestLimit,
  ModelkeepError,
  verifiedPayload,
} from "@modelkeep/core";
import { parseManifest } from "@modelkeep/core/manifest";

import type { Descriptor, ImageManifest } from "./documents.js";
import { type Layout, readBlob } from "./layout.js";
import { annotationKeys } from "./media-types.js";

const attestations = "attestations/";

/** The layer with our own manifest; undefined in what others made. */
export function envelopeLayer({ layers }: ImageManifest): Descriptor | undefined {
  return layers.find(({ annotations }) => annotations?.[annotationKeys.envelope] !== undefined);
}

/** A version of ours as it was exported: every payload has to be there, of the size and digest that the manifest says. */
export async function carriedEnvelope(
  layout: Layout,
  { layers }: ImageManifest,
  own: Descriptor,
): Promise<{ readonly envelope: Envelope; readonly others: readonly Descriptor[] }> {
  const manifestBytes = await readBlob(layout, own, manifestLimit);
  const manifest = parseManifest(manifestBytes);
  const used = new Set([own]);
  const payloads = new Map(
    await Promise.all(
      manifest.payloads.map(async (entry) => {
        const facts = { ...entry, encoding: undefined };
        const layer = layers.find((each) => each.digest === facts.digest && pathOf(each) === facts.path);
        if (layer === undefined)
          throw new ModelkeepError("not_found", `The artifact lacks ${JSON.stringify(facts.path)} (${facts.digest})`);
        used.add(layer);
        await layout.open({ ...layer, size: facts.size });
        return [facts.path, verifiedPayload(facts, () => layout.open(layer))] as const;
      }),
    ),
  );
  const vouching = layers.filter((layer) => pathOf(layer)?.startsWith(attestations) === true);
  for (const layer of vouching) used.add(layer);
  const envelope: Envelope = {
    ...envelopeOf(manifest, manifestBytes, digestOf(manifestBytes), (path) => payloads.get(path)),
    attestations: () =>
      Promise.all(
        vouching.map(async (layer) => ({
          path: pathOf(layer)!,
          bytes: await readBlob(layout, layer, attestationLimit),
        })),
      ),
  };
  return { envelope, others: layers.filter((layer) => !used.has(layer)) };
}

function pathOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[annotationKeys.path];
}
