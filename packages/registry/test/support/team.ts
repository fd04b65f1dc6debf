import { isModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

import type {
  Actor,
  AliasOptions,
  GateFault,
  Policy,
  PolicyChange,
  Registry,
  RegistryOptions,
  SaveInput,
  VerificationResult,
} from "../../src/index.js";
import type { DirectChange } from "./hostile.js";
import { openLines } from "./registry.js";
import { Line } from "./toy.js";

export const ada: Actor = { name: "Ada", email: "ada@example.org" };
export const bob: Actor = { name: "Bob", email: "bob@example.org" };
export const eve: Actor = { name: "Eve", email: "eve@example.org" };
export const mallory: Actor = { name: "Mallory", email: "mallory@example.org" };

/** People around one registry with the model "m"; time stands still unless it is moved. */
export class Team {
  readonly store: Store = memoryStore();
  #now = new Date("2026-03-01T12:00:00.000Z");

  pass(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000);
  }

  /** When it is now. */
  get time(): string {
    return this.#now.toISOString();
  }

  as(actor: Actor | string, options: Partial<RegistryOptions> = {}): Promise<Registry> {
    return openLines(this.store, { actor, clock: () => this.#now, ...options });
  }

  /** Ada saves a version; gives its number. */
  async save(input: Partial<SaveInput> = {}, slope = 2): Promise<number> {
    const registry = await this.as(ada);
    return (await registry.save("m", { model: new Line(slope), again: true, ...input })).version;
  }

  async hold(policy: Policy, alias = "production"): Promise<PolicyChange> {
    return (await this.as(ada)).gates.setPolicy("m", alias, policy);
  }

  async promote(version: number, actor: Actor = ada, options: AliasOptions & { alias?: string } = {}) {
    return (await this.as(actor)).promote("m", version, { require: "none", ...options });
  }

  /** Records that the version reproduced its samples, or not. */
  async prove(version: number, rest: Partial<VerificationResult> = {}): Promise<void> {
    const registry = await this.as("ci");
    await registry.recordVerification(`m@${version}`, [
      {
        ok: true,
        representation: "json",
        runtime: "line",
        runtimeVersion: "1.0.0",
        platform: "test",
        where: "fresh",
        rows: 3,
        ...rest,
      },
    ]);
  }

  async live(): Promise<number | undefined> {
    return (await (await this.as(ada)).show("m")).aliases["production"];
  }

  async approval(version: number): Promise<DirectChange> {
    const { digest } = await (await this.as(ada)).resolve(`m@${version}`);
    return { kind: "approved", change: { version, manifest: digest } };
  }
}

/** The conditions that a refusal names. */
export async function faultsOf(work: Promise<unknown>): Promise<string[]> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === "fulfilled") throw new Error("It was not refused");
  if (!isModelkeepError(outcome.reason, "gate_refused")) throw outcome.reason;
  const { faults } = outcome.reason.details as { readonly faults: readonly GateFault[] };
  return faults.map(({ condition }) => condition);
}
