import { ModelkeepError } from "./errors.js";
import type { ModelState } from "./state.js";
import { type StatePath, type StateTree, stateToTree, treeToState } from "./state-tree.js";
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

/** The document of a model, its state as a tree; `invalid_input` when something in it is not plain. */
export function documentOfModel<Leaf>(
  model: ModelState,
  leaf: (tensor: Tensor, path: StatePath) => Leaf,
): { readonly format: string; readonly state: StateTree<Leaf> } & Omit<ModelState, "state"> {
  const { flavor, type, version } = model;
  if (!flavor.isWellFormed() || !type.isWellFormed()) {
    throw new ModelkeepError("invalid_input", "The flavor or type of the model has half a surrogate pair");
  }
  return { format: stateFormat, flavor, type, version, state: stateToTree(model.state, leaf) };
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
