import { malformed } from "./errors.js";
import type { Memory } from "./input.js";
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
