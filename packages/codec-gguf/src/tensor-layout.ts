import { ModelkeepError } from "@modelkeep/core";

import { malformed, quote } from "./byte-cursor.js";
import type { TensorEntry } from "./tensor-entry.js";

/** Entries with their places in the file. They must cover what follows the header, aligned and without holes or overlaps. */
export function checkLayout(
  entries: ReadonlyMap<string, TensorEntry>,
  headerEnd: number,
  fileSize: number,
  alignment: number,
): ReadonlyMap<string, TensorEntry> {
  const dataStart = alignUp(headerEnd, alignment);
  let covered = 0;
  let lastByte = headerEnd;
  for (const [name, { start, end }] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    const fault = (what: string) => malformed(`has the tensor ${quote(name)} at ${start}, which ${what}`);
    if (start % alignment !== 0) throw fault(`is not aligned to ${alignment} bytes`);
    if (start < covered) throw fault("overlaps the tensor before it");
    if (start > alignUp(covered, alignment)) throw fault("leaves a hole before it");
    covered = end;
    if (end > start) lastByte = dataStart + end;
  }
  if (lastByte > fileSize)
    throw new ModelkeepError(
      "truncated",
      `The tensors of this GGUF file end at byte ${lastByte}, and the file has ${fileSize}`,
    );
  if (fileSize > alignUp(lastByte, alignment))
    throw malformed(`leaves ${fileSize - lastByte} bytes at the end to no tensor`);
  return new Map(
    Array.from(entries, ([name, entry]) => [
      name,
      { ...entry, start: dataStart + entry.start, end: dataStart + entry.end },
    ]),
  );
}

export function alignUp(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
