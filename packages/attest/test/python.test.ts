import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { openEnvelopeFolder } from "@modelkeep/core/node";
import { afterAll, describe, expect, test } from "vitest";

import { attest, attestationFiles, generateKey, parsePrivateKey, verifyAttestation } from "../src/index.js";

const python = process.env.MODELKEEP_TEST_PYTHON;
const vectors = fileURLToPath(new URL("../../../vectors/attest", import.meta.url));
const unpacked = join(vectors, "envelope");

/** Signs and verifies with the reference implementation. Prints "ok" or what is wrong, a line for each job. */
const script = `
import json, sys
from model_signing import signing, verifying
for job in json.load(sys.stdin):
    try:
        if job["do"] == "sign":
            signing.Config().use_elliptic_key_signer(private_key=job["key"]).sign(job["folder"], job["file"])
        else:
            verifying.Config().use_elliptic_key_verifier(public_key=job["key"]).verify(job["folder"], job["file"])
        print("ok")
    except Exception as error:
        print(type(error).__name__ + ": " + " ".join(str(error).split()))
`;

interface Job {
  readonly do: "sign" | "verify";
  readonly key: string;
  readonly folder: string;
  readonly file: string;
}

function reference(jobs: readonly Job[]): string[] {
  const printed = execFileSync(python!, ["-c", script], { input: JSON.stringify(jobs), encoding: "utf8" });
  return printed.trim().split("\n");
}

describe.skipIf(python === undefined)("the Python reference, model-signing (needs MODELKEEP_TEST_PYTHON)", () => {
  const home = mkdtempSync(join(tmpdir(), "attest-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const cases = (["ecdsa-p256", "ecdsa-p384", "ecdsa-p521"] as const).map((algorithm) => {
    const folder = join(home, algorithm);
    cpSync(unpacked, folder, { recursive: true });
    const pair = generateKey(algorithm);
    writeFileSync(join(home, `${algorithm}.pem`), pair.privateKeyPem);
    writeFileSync(join(home, `${algorithm}.pub.pem`), pair.publicKeyPem);
    return { algorithm, folder, ...pair };
  });

  test("it verifies what is attested here, in the unpacked folder, and sees a byte that changed", async () => {
    const jobs: Job[] = [];
    for (const { algorithm, folder, privateKeyPem } of cases) {
      const envelope = await openEnvelopeFolder(folder);
      const files = attestationFiles(attest(envelope, parsePrivateKey(privateKeyPem), { name: "credit-scorer" }));
      for (const { path, bytes } of files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), bytes);
      }
      const job = {
        do: "verify",
        key: join(home, `${algorithm}.pub.pem`),
        file: join(folder, files[0]!.path),
      } as const;
      const changed = `${folder}-changed`;
      cpSync(folder, changed, { recursive: true });
      writeFileSync(join(changed, "weights.bin"), "v".repeat(100));
      jobs.push({ ...job, folder }, { ...job, folder: changed });
    }
    expect(reference(jobs)).toEqual(
      cases.flatMap(() => ["ok", expect.stringContaining("Hash mismatch for 'weights.bin'") as string]),
    );
  });

  test("what it signs is verified here", async () => {
    const jobs = cases.map(({ algorithm }) => ({
      do: "sign" as const,
      key: join(home, `${algorithm}.pem`),
      folder: unpacked,
      file: join(home, `${algorithm}.json`),
    }));
    expect(reference(jobs)).toEqual(["ok", "ok", "ok"]);
    const envelope = await openEnvelopeFolder(unpacked);
    for (const { algorithm, publicKeyPem } of cases) {
      const files = new Uint8Array(readFileSync(join(home, `${algorithm}.json`)));
      const found = verifyAttestation({ files }, envelope, { keys: [publicKeyPem], name: null });
      expect(found.algorithm).toBe(algorithm);
    }
  });

  test("it accepts what is refused here: other names, planted files, weights left out", async () => {
    const folder = join(home, "weak");
    cpSync(unpacked, folder, { recursive: true });
    mkdirSync(join(folder, ".github"));
    writeFileSync(join(folder, ".github", "hook.py"), "import os\n");
    const verify = (vector: string, where: string): Job => ({
      do: "verify",
      key: join(vectors, "trust/p256.pem"),
      folder: where,
      file: join(vectors, `${vector}.files.json`),
    });
    expect(
      reference([verify("good-p256", folder), verify("ignored-payload", unpacked), verify("other-name", unpacked)]),
    ).toEqual(["ok", "ok", "ok"]);
    await expect(openEnvelopeFolder(folder, { exact: true })).rejects.toMatchObject({ code: "malformed" });
  });
});
