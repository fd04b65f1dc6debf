import { ModelkeepError } from "./errors.js";
import type { ModelState } from "./state.js";
import { treeToState } from "./state-tree.js";
import type { Tensor } from "./tensor.js";

/** What a document of model state says it is, in every file format that holds one. */
export const stateFormat = "modelkeep.state/1";

/** The fields of such a document, in the order in which they are written; `state` is a tree of `stateToTree`. */
export interface StateDocument {
  readonly format: unknown;
  readonly flavor: unknown;
  readonly type: unknown;
  readonly version: unknown;
  readonly state: unknown;
}

/** The model that a document describes: `unknown_format_version` for a later format, `malformed` when it is none. */
export function modelOfDocument(document: StateDocument, tensor: (marked: unknown) => Tensor): ModelState {
  const { format, flavor, type, version, state } = document;
  if (typeof format !== "string" || !format.startsWith("modelkeep.state/")) {
    throw new ModelkeepError("malformed", `The file holds no model state: its "format" is not "${stateFormat}"`);
  }
  if (format !== stateFormat) {
    throw new ModelkeepError(
      "unknown_format_version",
      `The file is of format ${JSON.stringify(format.slice(0, 60))}, and this version reads "${stateFormat}": install a later one`,
    );
  }
  if (typeof flavor !== "string" || typeof type !== "string")
    throw new ModelkeepError("malformed", 'The model state lacks "flavor" or "type"');
  if (typeof version !== "number" || !Number.isSafeInteger(version))
    throw new ModelkeepError("malformed", 'The "version" of the model state is no whole number');
  if (state === undefined) throw new ModelkeepError("malformed", 'The model state lacks "state"');
  return { flavor, type, version, state: treeToState(state, tensor) };
}
