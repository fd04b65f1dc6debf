// oxlint-disable-next-line typescript/triple-slash-reference -- it declares modules, which an import can not bring
/// <reference path="./untyped.d.ts" />
import { loadPackage } from "@modelkeep/core";

/** Loads an ml.js package when it is first needed. */
export async function loadLibrary<T>(name: string, load: () => Promise<unknown>): Promise<T> {
  return (await loadPackage("mljs", name, load)) as T;
}

/** Instances are known by the name of their class and by what they hold: the package may be there in several copies. */
export function isInstanceOf(model: unknown, className: string, ...fields: readonly string[]): boolean {
  if (typeof model !== "object" || model === null) return false;
  const { name } = (model.constructor ?? {}) as { name?: unknown };
  return name === className && fields.every((field) => field in model);
}
