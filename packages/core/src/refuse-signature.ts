import { ModelkeepError } from "./errors.js";
import type { ConvertModelOptions } from "./flavor.js";

/** For converters of models that have one signature, without a name: an option that has no effect would mislead. */
export function refuseSignature(converter: string, { signature }: ConvertModelOptions): void {
  if (signature === undefined) return;
  throw new ModelkeepError(
    "unsupported",
    `[${converter}] The model has one signature, without a name, and not ${JSON.stringify(signature)}: leave the signature out`,
  );
}
