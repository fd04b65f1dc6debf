// oxlint-disable-next-line typescript/triple-slash-reference -- it declares modules, which an import can not bring
/// <reference path="./untyped.d.ts" />
import { ModelkeepError } from "@modelkeep/core";

/** Loads an ml.js package when it is first needed. */
export async function loadLibrary<T>(name: string, load: () => Promise<unknown>): Promise<T> {
  try {
    return (await load()) as T;
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ModelkeepError("missing_package", `[mljs] This model needs the package ${name}: npm install ${name}`, {
      cause,
      details: { package: name },
    });
  }
}

/** Instances are known by the name of their class and by what they hold: the package may be there in several copies. */
export function isInstanceOf(model: unknown, className: string, ...fields: readonly string[]): boolean {
  if (typeof model !== "object" || model === null) return false;
  const { name } = (model.constructor ?? {}) as { name?: unknown };
  return name === className && fields.every((field) => field in model);
}
