import { ModelkeepError, segmentToName } from "@modelkeep/core";
import type { Registry } from "@modelkeep/registry";

import { readBatch } from "./batch.js";
import { hourOf, modelPrefix, predictionsPrefix } from "./batch-key.js";
import { checkChains, type ChainReport } from "./check-chains.js";
import { type FindOptions, findPredictions, keysOf } from "./find-predictions.js";
import { isPredictionId, ulidTime } from "./monotonic-ulid.js";
import type { PredictionRecord } from "./record.js";

/** The predictions that are on record in a registry's store. */
export class Predictions {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Predictions of a model, under all its names, in the order of time; read as they are asked for. */
  async *find(model: string, options?: FindOptions): AsyncGenerator<PredictionRecord> {
    yield* findPredictions(this.#registry.store, await this.#names(model), options);
  }

  /** One prediction by its id; `model` spares looking among all models. `undefined` when it is not on record. */
  async get(id: string, model?: string): Promise<PredictionRecord | undefined> {
    if (!isPredictionId(id))
      throw new ModelkeepError(
        "invalid_input",
        `${JSON.stringify(id.slice(0, 60))} is no id of a prediction: those are ULIDs`,
      );
    const { store } = this.#registry;
    const hour = hourOf(ulidTime(id));
    const names = model === undefined ? await this.#recorded() : await this.#names(model);
    for (const name of names) {
      const batches = await keysOf(store, [`${modelPrefix(name)}${hour}/`]);
      for (const batch of batches) {
        if (id < batch.first || id > batch.last) continue;
        const found = (await readBatch(store, batch))?.records.find((record) => record.id === id);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Deletes batches that hold nothing from `before` on: the only way in which records go. Returns how many. */
  async delete(model: string, { before }: { readonly before: Date | string }): Promise<number> {
    const limit = new Date(before).getTime();
    if (Number.isNaN(limit)) throw new TypeError(`${String(before)} is no time`);
    if (this.#registry.readOnly !== undefined)
      throw new ModelkeepError("refused", `No predictions are deleted: the registry is open for reading only`);
    const { store } = this.#registry;
    let deleted = 0;
    for (const name of await this.#names(model)) {
      for await (const { key } of store.list(modelPrefix(name), { delimiter: "/" })) {
        if (key.slice(modelPrefix(name).length, -1) > hourOf(limit)) break;
        for (const batch of await keysOf(store, [key])) {
          if (ulidTime(batch.last) >= limit) continue;
          await store.delete(batch.key);
          deleted++;
        }
      }
    }
    return deleted;
  }

  /** Reads every record: whether each batch is what its key says, and none is missing between two of its writer. */
  async check(model: string): Promise<ChainReport> {
    return checkChains(this.#registry.store, await this.#names(model));
  }

  /** A model's names, the present one last. */
  async #names(model: string): Promise<readonly string[]> {
    const { name, formerNames } = await this.#registry.show(model);
    return [...formerNames, name];
  }

  /** Names of all models that have predictions on record. */
  async #recorded(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { key } of this.#registry.store.list(predictionsPrefix, { delimiter: "/" })) {
      const name = segmentToName(key.slice(predictionsPrefix.length, -1));
      if (name !== undefined) names.push(name);
    }
    return names;
  }
}

/** The predictions that are on record in a registry's store: `find`, `get`, `check`, `delete`. */
export function predictionsOf(registry: Registry): Predictions {
  return new Predictions(registry);
}
