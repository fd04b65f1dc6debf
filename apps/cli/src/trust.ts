import { resolve } from "node:path";

import { readTexts, writeTexts } from "./user-folder.js";

/** Configuration files that the user read and trusted, by path, with the digest of what they said then. */
const file = "trusted.json";

/** True when this very text was trusted at this very path: a change asks again. */
export function isTrusted(path: string, text: string): boolean {
  const trusted = readTexts(file);
  return Object.hasOwn(trusted, resolve(path)) && trusted[resolve(path)] === digest(text);
}

export function trust(path: string, text: string): void {
  writeTexts(file, { ...readTexts(file), [resolve(path)]: digest(text) });
}

/** False when it was not trusted before. */
export function distrust(path: string): boolean {
  const { [resolve(path)]: known, ...rest } = readTexts(file);
  if (known !== undefined) writeTexts(file, rest);
  return known !== undefined;
}

function digest(text: string): string {
  // Most runs meet no configuration: what is needed for it is loaded then.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
