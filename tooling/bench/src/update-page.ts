import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a page of the documentation. */
export async function updatePage(name: string, text: string, page = "benchmarks.md"): Promise<void> {
  const { path, before, start, end } = await placeIn(page, name);
  await writeFile(path, `${before.slice(0, start)}\n${text}\n${before.slice(end)}`);
}

/** What stands there now. */
export async function readPage(name: string, page: string): Promise<string> {
  const { before, start, end } = await placeIn(page, name);
  return before.slice(start, end).trim();
}

async function placeIn(
  page: string,
  name: string,
): Promise<{ path: string; before: string; start: number; end: number }> {
  const path = fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url));
  const before = await readFile(path, "utf8");
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = before.indexOf(open);
  const end = before.indexOf(close);
  if (start < 0 || end < start) throw new Error(`docs/${page} has no place for ${name}: ${open} and ${close}`);
  return { path, before, start: start + open.length, end };
}
