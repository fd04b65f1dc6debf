import type { Digest } from "@modelkeep/core";
import type { LoadedModel, LoadOptions, Registry, VersionView } from "@modelkeep/registry";

/** A share in a loaded model: the last one that is released disposes of it. */
export interface Lease {
  readonly model: LoadedModel;
  release(): Promise<void>;
}

interface Pooled {
  readonly loading: Promise<LoadedModel>;
  leases: number;
}

/** Loaded models by the digest of their manifest: two aliases on one version, or two servers, share one. */
export class ModelPool {
  readonly #registry: Registry;
  readonly #models = new Map<string, Pooled>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#models.size;
  }

  async lease(version: Pick<VersionView, "reference" | "digest">, options: LoadOptions, kind: string): Promise<Lease> {
    const key = keyOf(version.digest as Digest, options, kind);
    let pooled = this.#models.get(key);
    if (pooled === undefined) {
      pooled = { loading: this.#registry.load(version.reference, options), leases: 0 };
      this.#models.set(key, pooled);
    }
    const entry = pooled;
    entry.leases++;
    const release = async () => {
      entry.leases--;
      if (entry.leases > 0) return;
      if (this.#models.get(key) === entry) this.#models.delete(key);
      await (await entry.loading)[Symbol.asyncDispose]();
    };
    try {
      const model = await entry.loading;
      let released = false;
      return {
        model,
        release: async () => {
          if (released) return;
          released = true;
          await release();
        },
      };
    } catch (error) {
      entry.leases--;
      // The next one tries again.
      if (this.#models.get(key) === entry) this.#models.delete(key);
      throw error;
    }
  }
}

/** What makes two loaded models differ. */
function keyOf(digest: Digest, { representation, runtime, threads, compatibility }: LoadOptions, kind: string): string {
  return JSON.stringify([digest, representation, runtime, threads, compatibility, kind]);
}

const pools = new WeakMap<Registry, ModelPool>();

export function poolOf(registry: Registry): ModelPool {
  const pool = pools.get(registry) ?? new ModelPool(registry);
  pools.set(registry, pool);
  return pool;
}
