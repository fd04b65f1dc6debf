import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { writeNewFile } from "@modelkeep/core/node";
import { newIdentity } from "@modelkeep/encrypt";

import type { Context } from "../context.js";
import { defaultIdentityFile } from "../identities.js";

export async function run({ arguments: [named], options, output, folder }: Context): Promise<void> {
  const file = named === undefined ? defaultIdentityFile() : resolve(folder, named);
  const { identity, recipient } = await newIdentity({ postQuantum: options.flag("post-quantum") });
  const text = `# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const before = process.umask(0o077);
  try {
    await writeNewFile(file, once(new TextEncoder().encode(text)));
  } finally {
    process.umask(before);
  }
  output.result({ file, recipient }, `${file}: keep it safe, and a copy of it elsewhere\nPublic key: ${recipient}`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
