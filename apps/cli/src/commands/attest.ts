import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { attest, attestationFiles, type PrivateKey } from "@modelkeep/attest";
import { type AttestationFile, type Envelope, ModelkeepError } from "@modelkeep/core";
import { openEnvelopeFolder, writeNewFile, writePackageFile } from "@modelkeep/core/node";

import type { Context } from "../context.js";
import { openPath, pathOf } from "../open-path.js";
import { privateKey } from "../private-key.js";
import { progressBar } from "../progress.js";
import { readEnvelope } from "../read-envelope.js";

export async function run(context: Context): Promise<void> {
  const { options, output, folder, signal } = context;
  const [target] = context.arguments as [string];
  const key = await privateKey(context);
  const certificateFile = options.text("certificate");
  const certificates =
    certificateFile === undefined ? undefined : await readFile(resolve(folder, certificateFile), "utf8");
  const path = await pathOf(target, folder);
  if (path !== undefined) {
    await attestPath(context, path, key, certificates);
    return;
  }
  const registry = await context.registry({ writes: true });
  const bar = progressBar(output, `reading ${target}`);
  const attestation = await registry
    .attest(target, key, { certificates, signal, progress: bar.report })
    .finally(bar.stop);
  output.result({ reference: target, ...attestation }, `${target}  attested by the key ${attestation.keyId}`);
}

async function attestPath(
  context: Context,
  path: string,
  key: PrivateKey,
  certificates: string | undefined,
): Promise<void> {
  const { options, output, signal } = context;
  const { form, envelope } = await openEnvelope(path);
  const name = options.text("name") ?? envelope.manifest.name;
  if (name === undefined)
    throw new ModelkeepError("invalid_input", "The manifest does not name its model: say which one it is with --name");
  const bar = progressBar(output, `reading ${path}`);
  await readEnvelope(envelope, { signal, progress: bar.report }).finally(bar.stop);
  const files = attestationFiles(attest(envelope, key, { name, certificates }));
  await (form === "folder" ? writeBeside(path, files) : writeInto(path, envelope, files));
  output.result(
    { path, name, keyId: key.keyId, digest: envelope.digest, files: files.map((file) => file.path) },
    `${path}  attested as ${name} by the key ${key.keyId}`,
  );
}

async function openEnvelope(
  path: string,
): Promise<{ readonly form: "folder" | "package"; readonly envelope: Envelope }> {
  const opened = await openPath(path, [], () => {
    throw new ModelkeepError(
      "unsupported",
      `${path} is encrypted, and is not written in the clear: attest the version or the folder it was made of, and pack that`,
    );
  });
  if (opened.kind === "file")
    throw new ModelkeepError(
      "invalid_input",
      `${path} is a file without a manifest: there is nothing to attest. Save it first`,
    );
  // What lies in a folder besides the model's files is not attested: better that nobody believes it was.
  return opened.form === "folder"
    ? { form: "folder", envelope: await openEnvelopeFolder(path, { exact: true }) }
    : opened;
}

async function writeBeside(folder: string, files: readonly AttestationFile[]): Promise<void> {
  const { mkdir } = await import("node:fs/promises");
  await mkdir(join(folder, "attestations"), { recursive: true });
  for (const { path, bytes } of files) await writeNewFile(join(folder, path), once(bytes));
}

async function writeInto(path: string, envelope: Envelope, files: readonly AttestationFile[]): Promise<void> {
  const before = (await envelope.attestations?.()) ?? [];
  await writePackageFile(path, envelope, { attestations: [...before, ...files], overwrite: true });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
