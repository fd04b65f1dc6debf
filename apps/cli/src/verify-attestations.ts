import { attestationsOf, type Attested, verifyAttestation } from "@modelkeep/attest";
import { type Envelope, isModelkeepError, ModelkeepError } from "@modelkeep/core";
import { openEnvelopeFolder } from "@modelkeep/core/node";

import { attestedBy } from "./attested-by.js";
import type { Context } from "./context.js";
import type { Opened } from "./open-path.js";
import type { Output } from "./output.js";

export type Outcome = Partial<Attested> & {
  readonly ok: boolean;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
};

/** What lies beside an envelope, held to who is trusted; `undefined` when nobody is named. */
export async function verifyPathAttestations(
  context: Context,
  path: string,
  { form, envelope: opened }: { readonly form: "folder" | "package"; readonly envelope: Envelope },
): Promise<readonly Outcome[] | undefined> {
  const trust = await attestedBy(context);
  if (trust === undefined) return undefined;
  const envelope = form === "folder" ? await openEnvelopeFolder(path, { exact: true }) : opened;
  const name = context.options.flag("any-name") ? null : (context.options.text("name") ?? envelope.manifest.name);
  if (name === undefined)
    throw new ModelkeepError(
      "invalid_input",
      "The manifest does not name its model: say with --name what it must be attested as, or take any with --any-name",
    );
  const at = trust.at instanceof Date ? trust.at : new Date();
  return attestationsOf((await envelope.attestations?.()) ?? []).map((attestation) => {
    try {
      return { ok: true, ...verifyAttestation(attestation, envelope, { ...trust, at, name }) };
    } catch (error) {
      if (!isModelkeepError(error)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
  });
}

/** `attestation_missing` where attestations are asked for and none of them counts. */
export async function requirePathAttestation(context: Context, path: string, opened: Opened): Promise<void> {
  if ((await attestedBy(context)) === undefined) return;
  const outcomes = opened.kind === "file" ? [] : ((await verifyPathAttestations(context, path, opened)) ?? []);
  if (attestationsHold(outcomes)) return;
  const why = outcomes.map(({ message }) => message).join("; ");
  throw new ModelkeepError(
    "attestation_missing",
    `Nobody who is trusted vouches for ${path}${why === "" ? ": it has no attestation" : `. ${why}`}`,
  );
}

/** One good attestation is enough: others may have attested whom nobody here knows. */
export function attestationsHold(outcomes: readonly Outcome[] | undefined): boolean {
  return outcomes === undefined || outcomes.some(({ ok }) => ok);
}

export function describeAttestations(outcomes: readonly Outcome[] | undefined, output: Output): string[] {
  if (outcomes === undefined) return [];
  if (outcomes.length === 0) return [`${output.style("red", "NOT attested")}  there is no attestation`];
  return outcomes.map(({ ok, keyId, name, certificate, message }) => {
    if (!ok) return `${output.style("yellow", "not counted")}  ${message}`;
    const who = certificate === undefined ? `the key ${keyId}` : `${certificate.subject} (${certificate.issuer})`;
    return `${output.style("green", "attested")}  ${name === undefined ? "its files" : `as ${name}`} by ${who}`;
  });
}
