import { malformed } from "../tar-header.js";
import { readTar, type TarEntry } from "../tar.js";

/** The files of an archive that holds files and folders alone: a link or a device is refused by its name. */
export async function* plainFiles(
  bytes: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<TarEntry, void, undefined> {
  for await (const entry of readTar(bytes, { what })) {
    if (entry.type === "link" || entry.type === "device")
      throw malformed(
        `${what} holds ${JSON.stringify(entry.path)}, a ${entry.type}: only plain files are taken from it`,
      );
    if (entry.type === "file") yield entry;
  }
}
