import { appendFileSync } from "node:fs";
import type { ResolveHook } from "node:module";

let listPath: string;

export function initialize(path: string): void {
  listPath = path;
}

/** Notes the address of every module as it is resolved; written at once, so that an early exit loses nothing. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  appendFileSync(listPath, `${resolved.url}\n`);
  return resolved;
};
