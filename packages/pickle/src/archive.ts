import { malformed } from "./errors.js";
import type { Memory } from "./input.js";
import { type PickleLimits, resolveLimits } from "./limits.js";
import { findZipEnd, type ZipEntry, zipEntries } from "./zip.js";

const endSize = 22;

/** The files of a ZIP archive that is nothing else, by name: nothing before it or behind it, no name twice. */
export function archiveEntries(memory: Memory): ReadonlyMap<string, ZipEntry> {
  const end = findZipEnd(memory);
  if (end !== undefined && end + endSize !== memory.byteLength)
    throw malformed(`${memory.byteLength - end - endSize} bytes follow the ZIP archive`);
  const entries = new Map<string, ZipEntry>();
  for (const entry of zipEntries(memory, { whole: true })) {
    if (entries.has(entry.name)) throw malformed(`The archive lists ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/**
 * The files of a ZIP archive that is nothing else, by name; each is opened when it is asked for. Throws `malformed` for one
 * whose checksum is wrong, `limit_exceeded` for one that expands beyond all measure.
 */
export function readArchive(memory: Memory, limits?: PickleLimits): ReadonlyMap<string, () => Memory> {
  const resolved = resolveLimits(limits);
  return new Map(
    Array.from(archiveEntries(memory), ([name, entry]) => [
      name,
      () => {
        const { memory: content, damaged } = entry.content(resolved);
        if (damaged) throw malformed(`${JSON.stringify(name)} of the archive does not have the checksum that it lists`);
        return content;
      },
    ]),
  );
}
