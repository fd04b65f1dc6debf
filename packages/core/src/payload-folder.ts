import type { DecodeOptions, Payload, PayloadSet, PayloadSource } from "./codec.js";
import { compareCodePoints } from "./code-points.js";
import { ModelkeepError } from "./errors.js";
import { memorySource } from "./memory-payload.js";

/** The folder that the main file lies in, with its "/"; nothing where it lies in none. */
function folderOf({ main }: PayloadSet): string {
  return main.path.slice(0, main.path.lastIndexOf("/") + 1);
}

/** The file at a path that one of the files names, relative to the folder of the main one: among the payloads, and nowhere else. */
export function payloadBeside(payloads: PayloadSet, path: string): Payload | undefined {
  return payloads.get(folderOf(payloads) + path);
}

/**
 * The bytes of all files, by their paths in the folder of the main one; a file outside of it keeps its own. For formats of several files.
 * @throws `limit_exceeded` where they have more than `limits.bytes` together
 */
export async function readFolder(
  payloads: PayloadSet,
  { limits, signal }: DecodeOptions = {},
): Promise<Map<string, Uint8Array>> {
  const size = [...payloads].reduce((sum, payload) => sum + payload.size, 0);
  if (limits?.bytes !== undefined && size > limits.bytes)
    throw new ModelkeepError("limit_exceeded", `The files have ${size} bytes together; the limit is ${limits.bytes}`);
  const folder = folderOf(payloads);
  const files = new Map<string, Uint8Array>();
  for (const payload of payloads) {
    const inside = payload.path.startsWith(folder);
    const path = inside ? payload.path.slice(folder.length) : payload.path;
    // A file outside of the folder never stands for one that lies in it.
    if (inside || payloadBeside(payloads, path) === undefined) files.set(path, await payload.bytes({ signal }));
  }
  return files;
}

/** Files in memory as a folder, for encoders: the main one first, and of `mediaType`, the others by path. */
export function memoryFolder(
  folder: string,
  files: Iterable<readonly [path: string, bytes: Uint8Array]>,
  main: { readonly path: string; readonly mediaType: string },
): PayloadSource[] {
  const rank = (path: string) => (path === main.path ? 0 : 1);
  return [...files]
    .toSorted(([a], [b]) => rank(a) - rank(b) || compareCodePoints(a, b))
    .map(([path, bytes]) =>
      memorySource(`${folder}/${path}`, bytes, {
        mediaType: path === main.path ? main.mediaType : "application/octet-stream",
      }),
    );
}
