import type { Signature } from "@modelkeep/core";
import type { LoadOptions, Standing } from "@modelkeep/registry";

import type { IsolationOptions } from "./isolation/isolated-runtime.js";
import type { PredictionLog } from "./prediction-log.js";
import type { RecordPolicy } from "./record-policy.js";

/** How a reference is served: where predictions are recorded, how soon a moved alias is followed. */
export interface ServeOptions extends Omit<LoadOptions, "signal" | "through"> {
  /** Runs the model in a process of its own, with limits on memory and time: for models from strangers. */
  readonly isolation?: IsolationOptions | undefined;
  /** Where predictions are recorded: `predictionLog(registry.store)`. Without it nothing is, and shadows do not run. */
  readonly log?: PredictionLog | undefined;
  /** What a record holds of the inputs. */
  readonly record?: RecordPolicy | undefined;
  /** How often the alias is looked at. Default 5; 0: only when `refresh()` is called. */
  readonly refreshSeconds?: number | undefined;
  /** Who answers a request without a key where there is a route: a version by chance and weight (default), or the alias' own. */
  readonly withoutKey?: "random" | "primary" | undefined;
  /** How many predictions shadows may be behind; what is beyond is counted as skipped. Default 1,000. */
  readonly shadowBacklog?: number | undefined;
  /** Told when a new version can't be loaded, or the registry not be read: what was served before goes on. Default: a warning of the process. */
  readonly onTrouble?: ((error: Error) => void) | undefined;
  /** Told after a move was followed. */
  readonly onMove?: ((now: Live) => void) | undefined;
}

/** Who asks. */
export interface RequestOptions {
  /** Who asks: kept in the record. */
  readonly caller?: string | undefined;
  /** Where there is a route, decides which version answers: the same one for the same key. Not kept. */
  readonly key?: string | undefined;
}

/** What a server answers with. */
export interface Live {
  /** The version behind the alias: `credit-scorer@3`. */
  readonly reference: string;
  readonly digest: string;
  readonly signature: Signature;
  readonly runtime: { readonly name: string; readonly version: string };
  readonly route: Standing["route"];
  /** Why it does not follow the registry at the moment, if it does not. */
  readonly trouble: Error | undefined;
  /** Predictions that shadows were too slow to make. */
  readonly shadowsSkipped: number;
}
