import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import { malformed } from "../errors.js";
import { ReadingPolicy } from "../policy.js";
import type { PickleValue } from "../value.js";
import { referenceFrom, referenceOf, type StorageReference } from "./storage.js";

/** Reads PyTorch's pickles: storages lie beside them, and whole modules are refused with what to do instead. */
export class TorchPolicy extends ReadingPolicy {
  readonly #storages = new Map<string, StorageReference>();

  /** Every storage that was referred to, by key. */
  get storages(): ReadonlyMap<string, StorageReference> {
    return this.#storages;
  }

  override persistent(id: PickleValue, offset: number): PickleValue {
    const stand = referenceFrom(id, offset);
    const reference = referenceOf(stand) as StorageReference;
    const known = this.#storages.get(reference.key);
    if (known !== undefined && (known.dtype !== reference.dtype || known.count !== reference.count))
      throw malformed(`The storage ${JSON.stringify(reference.key)} is referred to as two different ones`, offset);
    this.#storages.set(reference.key, reference);
    return stand;
  }

  override global(module: PickleValue, name: PickleValue, offset: number): PickleValue {
    try {
      return super.global(module, name, offset);
    } catch (error) {
      if (!isModelkeepError(error, "pickle_global")) throw error;
      throw new ModelkeepError(
        "pickle_global",
        `${error.message}. A file of tensors alone can be read: in PyTorch, torch.save(model.state_dict(), path); to run the model here, torch.onnx.export(model, example_inputs, "model.onnx")`,
        { cause: error, details: error.details ?? {} },
      );
    }
  }
}
