import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { generateKey, type KeyAlgorithm, parsePublicKey } from "@modelkeep/attest";
import { ModelkeepError } from "@modelkeep/core";
import { writeNewFile } from "@modelkeep/core/node";

import type { Context } from "../context.js";

export async function run({ arguments: [given], folder, options, output }: Context): Promise<void> {
  const algorithm = (options.text("algorithm") ?? "ecdsa-p256") as KeyAlgorithm;
  const { privateKeyPem, publicKeyPem } = generateKey(algorithm);
  const file = resolve(folder, given!);
  const publicFile = file.replace(/(?:\.pem)?$/u, ".pub.pem");
  // Neither half beside one of another pair.
  for (const path of [file, publicFile])
    if (existsSync(path))
      throw new ModelkeepError("already_exists", `${path} exists already, and was left as it is: name another file`);
  await writeNewFile(file, once(privateKeyPem), { mode: 0o600 });
  await writeNewFile(publicFile, once(publicKeyPem));
  const { keyId } = parsePublicKey(publicKeyPem);
  output.result(
    { key: file, publicKey: publicFile, keyId, algorithm },
    `${file}  your private key: keep it to yourself\n${publicFile}  give it to those who shall trust you\nkey id ${keyId}`,
  );
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
