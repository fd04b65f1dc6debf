import type { Envelope } from "@modelkeep/core";

import { type AttestedBy, requireAttestation } from "./attested.js";
import type { ChangeOptions, Context } from "./context.js";
import { openVersion } from "./envelope.js";
import { type Resolved, resolve } from "./resolve.js";
import { type VersionView, viewVersion } from "./show.js";

/** What must be true of a version to be opened. */
export interface OpenOptions extends ChangeOptions {
  /** Refuses a version that nobody of these vouches for. Default: what the registry was opened with. */
  readonly attestedBy?: AttestedBy | undefined;
}

/** The envelope of a version, and what the history says of it. */
export interface OpenedVersion extends Required<Envelope> {
  readonly version: VersionView;
}

/** What a reference stands for now, with its envelope. */
export async function openReference(
  context: Context,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<Resolved & { readonly envelope: Required<Envelope> }> {
  const { record, version } = await resolve(context, reference, signal);
  return { record, version, envelope: await openVersion(context, record.name, version, signal) };
}

/** The manifest of a version and its files, verified as they are read. */
export async function open(
  context: Context,
  reference: string,
  { signal, attestedBy = context.attestedBy }: OpenOptions = {},
): Promise<OpenedVersion> {
  const subject = await openReference(context, reference, signal);
  if (attestedBy !== undefined) await requireAttestation(context, subject, attestedBy, signal);
  return { ...subject.envelope, version: viewVersion(subject.record, subject.version) };
}
