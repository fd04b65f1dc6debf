import { contentDigest, digestOf, type Envelope, ModelkeepError, type Progress } from "@modelkeep/core";

import { carryAttestations } from "./attest.js";
import { type Context } from "./context.js";
import type { Origin } from "./origin.js";
import { recordForSave, register } from "./register.js";
import type { Saved } from "./save-input.js";
import { type BlobSource, Upload } from "./upload.js";

/** Under which name an envelope is registered, and what points at it. */
export interface ImportOptions {
  /** Default: the name in the manifest. */
  readonly name?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly again?: boolean | undefined;
  /** Where it comes from: kept in the history. */
  readonly origin?: Origin | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** Registers an envelope from a package or another registry as the next version, its manifest byte for byte. */
export async function importEnvelope(
  context: Context,
  envelope: Envelope,
  options: ImportOptions = {},
): Promise<Saved> {
  const { parseManifest } = await import("@modelkeep/core/manifest");
  const { manifestBytes } = envelope;
  const manifest = parseManifest(manifestBytes);
  if (digestOf(manifestBytes) !== envelope.digest || contentDigest(manifest.payloads) !== manifest.content)
    throw new ModelkeepError("digest_mismatch", "The envelope's digests do not agree with its manifest");
  const name = options.name ?? manifest.name;
  if (name === undefined)
    throw new ModelkeepError(
      "invalid_input",
      "The envelope's manifest does not name its model: say under which `name` to register it",
    );

  const attestations = (await envelope.attestations?.()) ?? [];
  const record = await recordForSave(context, name, options.signal);
  const upload = new Upload(context, {
    signal: options.signal,
    progress: options.progress,
    // Their digests are known: what is there already need not be read from the other side.
    expects: () => true,
  });
  try {
    const found = await upload.addPayloads(manifest.payloads.map((entry) => sourceOf(envelope, entry.path)));
    for (const [index, { path, digest }] of manifest.payloads.entries())
      if (found[index]!.digest !== digest)
        throw new ModelkeepError(
          "digest_mismatch",
          `The payload ${JSON.stringify(path)} is ${found[index]!.digest}, not ${digest}`,
        );
    const {
      version,
      existing,
      record: after,
    } = await register(context, record, upload, { ...options, manifest, manifestBytes });
    const left = await carryAttestations(context, after, version.version, { manifest, attestations }, options.signal);
    return {
      ...(left.length > 0 && { leftAttestations: left }),
      name: after.name,
      version: version.version,
      reference: `${after.name}@${version.version}`,
      digest: version.manifest,
      content: version.content,
      existing,
      manifest,
    };
  } finally {
    await upload.end();
  }
}

function sourceOf(envelope: Envelope, path: string): BlobSource {
  const payload = envelope.payload(path);
  if (payload === undefined)
    throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(path)}`);
  const { role, mediaType, size } = payload;
  return { path, role, mediaType, size, open: () => payload.stream() };
}
