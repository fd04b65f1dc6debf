import { digestHex, throwIfAborted } from "@modelkeep/core";
import { writeNewFile } from "@modelkeep/core/node";

import { indexText, type LayoutWrite, layoutText, tagged } from "./layout-write.js";
import { tarEnd, tarHeader, tarPadding } from "./tar-writer.js";

/** A layout as one new tar file, whole or not at all. */
export async function writeLayoutFile(path: string, write: LayoutWrite): Promise<false> {
  await writeNewFile(path, pieces(write));
  return false;
}

async function* pieces(write: LayoutWrite): AsyncGenerator<Uint8Array> {
  yield* file("oci-layout", layoutText);
  for (const { digest, size, open } of write.artifact.blobs) {
    yield tarHeader(`blobs/sha256/${digestHex(digest)}`, size);
    for await (const bytes of open()) {
      throwIfAborted(write.signal);
      yield bytes;
      write.progress(bytes.length);
    }
    yield tarPadding(size);
  }
  yield* file("index.json", indexText([tagged(write)]));
  yield tarEnd();
}

function* file(path: string, text: string): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  yield tarHeader(path, bytes.length);
  yield bytes;
  yield tarPadding(bytes.length);
}
