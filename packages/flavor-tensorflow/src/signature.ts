import { ModelkeepError } from "@modelkeep/core";
import type { ServingSignature } from "@modelkeep/savedmodel";

/** The signature of that name; without a name the one that TensorFlow serves by default, or the only one. */
export function chooseSignature(signatures: readonly ServingSignature[], name: string | undefined): ServingSignature {
  const own = signatures.filter((each) => !each.name.startsWith("__"));
  const found =
    own.find((each) => each.name === (name ?? "serving_default")) ??
    (name === undefined && own.length === 1 ? own[0] : undefined);
  if (found !== undefined) {
    if (found.outputs.length === 0)
      throw new ModelkeepError("malformed", `[tensorflow] The signature ${found.name} has no outputs`);
    return found;
  }
  const names = own.map((each) => each.name).join(", ");
  throw new ModelkeepError(
    "not_found",
    `[tensorflow] The SavedModel has no signature ${name ?? "serving_default"}${names === "" ? ", nor any other: save it with signatures, or export it from Keras" : `; its signatures: ${names}`}`,
  );
}
