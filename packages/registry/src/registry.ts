import type { PrivateKey } from "@modelkeep/attest";
import type { Envelope, Store } from "@modelkeep/core";

import { eachOf } from "./blobs.js";
import * as aliases from "./aliases.js";
import type { AliasOptions, Moved, PromoteOptions } from "./aliases.js";
import { type AttestOptions, attestVersion } from "./attest.js";
import { type AttestationResult, type AttestedBy, verifyAttestations } from "./attested.js";
import { Audit } from "./audit/audit.js";
import { check, type CheckOptions, type CheckReport } from "./check.js";
import { type Collected, collectGarbage, type CollectOptions } from "./collect-garbage.js";
import { compare, type Comparison } from "./compare.js";
import { type ChangeOptions, type Context, existing } from "./context.js";
import * as edits from "./edits.js";
import type { StatusOptions } from "./edits.js";
import { Gates } from "./gates.js";
import * as past from "./history.js";
import type { HistoryEntry } from "./history.js";
import type { ListedModel, ListedVersion } from "./index-line.js";
import { listModels, type Page, type PageOptions, type SearchOptions, searchVersions } from "./list.js";
import { load, type LoadedModel, type LoadOptions } from "./load.js";
import { importEnvelope, type ImportOptions } from "./import-envelope.js";
import { modelNames } from "./models.js";
import { open, type OpenedVersion, type OpenOptions, openReference } from "./open.js";
import { originOf } from "./origin.js";
import { rename } from "./rename.js";
import { resolve } from "./resolve.js";
import type { RouteView } from "./route-view.js";
import * as routes from "./routes.js";
import type { RouteInput, RouteOptions, Standing } from "./routes.js";
import { Retention } from "./retention.js";
import { save } from "./save.js";
import type { Saved, SaveInput } from "./save-input.js";
import {
  type AttestationView,
  type ModelView,
  type VersionView,
  viewAttestation,
  viewModel,
  viewVersion,
} from "./show.js";
import { Signers } from "./signers.js";
import { recordVerifications, type VerificationResult, verify, type VerifyOptions } from "./verify.js";
import { VersionIndex } from "./version-index.js";

/**
 * Models, versions and aliases on a store, as `openRegistry` gives it. References are `name@production`, `name@3`, `name@v2.1`,
 * `name@sha256:…`; a bare name is what is in production, else, unless a policy holds `production`, the newest active version.
 *
 * Any verb may end with what the store throws, with `not_found` where there is no such model or version, `invalid_name` or
 * `invalid_reference`, `damaged_log` where a history is not whole, `rolled_back` where it is older than the one that was
 * seen before (`pins`), and `aborted`. Whatever changes something may also end with `refused` (open for reading only, without an actor, not
 * signed by whose signature counts), `conflict` (the history forbids it by now) and `unknown_outcome` (the store did not
 * answer: read the history before trying again). What else to expect is said of each verb.
 */
export class Registry {
  /** Policies, holds, archives and deletion. */
  readonly retention: Retention;
  /** Checkpoints and reports of what happened. */
  readonly audit: Audit;
  readonly #context: Context;
  readonly #index: VersionIndex;
  /** Policies of aliases, approvals, and what stands between a version and an alias. */
  readonly gates: Gates;
  /** Whose keys sign the entries of a model, where only signed ones count. */
  readonly signers: Signers;

  constructor(context: Context) {
    this.#context = context;
    this.audit = new Audit(context);
    this.#index = new VersionIndex(context);
    this.gates = new Gates(context);
    this.signers = new Signers(context);
    this.retention = new Retention(context);
  }

  /** Where everything lies. */
  get store(): Store {
    return this.#context.store;
  }

  /** Tells this registry from others, its copies and backups excepted. Old registries have none. */
  get id(): string | undefined {
    return this.#context.id;
  }

  /** Why nothing can be changed through this client; `undefined` when it can. */
  get readOnly(): string | undefined {
    return this.#context.readOnly;
  }

  /**
   * Saves a model as the next version of `name`: `model`, an object in memory, in the formats `as`, or `files` as they are. The
   * first version makes the model. The same content again is noticed, and the version that is there returned.
   * @throws `unsupported` where no plugin takes the model, or makes the form that is asked for
   * @throws `invalid_input` where there is neither `model` nor `files`, `invalid_manifest` where metadata break the schema
   * @throws `signature_mismatch` where samples do not fit the signature, `samples_differ` where a conversion does not keep its promise, or
   *   the model can never give outputs of the dtype and shape that are given
   * @throws `already_exists` where a name differs from another only by case, `deleted` where the model was deleted
   * @throws `gate_refused` where a policy holds one of `aliases` and is not met
   */
  save(name: string, input: SaveInput): Promise<Saved> {
    return save(this.#context, name, input);
  }

  /**
   * A version, ready to predict; dispose of it in the end. Representation and runtime are chosen among what is installed, a pair that
   * has reproduced the samples first. Every byte is held to its digest; inputs are checked against the signature.
   * @throws `unsupported` where nothing installed runs it, `incompatible` where libraries differ and `compatibility` is "refuse"
   * @throws `digest_mismatch` or `size_mismatch` where the bytes are not those that were saved
   * @throws `deleted`, or `archived` where the bytes lie in an archive that cannot be read now
   * @throws `attestation_missing`, or another code of an attestation, where nobody of `attestedBy` vouches for it
   */
  load(reference: string, options?: LoadOptions): Promise<LoadedModel> {
    return load(this.#context, reference, options);
  }

  /**
   * The manifest of a version and its files, verified as they are read. No plugin is needed.
   * @throws `digest_mismatch`, `size_mismatch`, `deleted`, `archived` when a file is read that was changed or is not there
   * @throws `attestation_missing`, or another code of an attestation, where nobody of `attestedBy` vouches for it
   */
  open(reference: string, options?: OpenOptions): Promise<OpenedVersion> {
    return open(this.#context, reference, options);
  }

  /**
   * Vouches for a version with a private key, in PEM or parsed: every byte is read and compared first.
   * @throws `unusable_key` where it is no such key, `digest_mismatch` where the bytes are not those that were saved
   */
  async attest(reference: string, key: PrivateKey | string, options?: AttestOptions): Promise<AttestationView> {
    return viewAttestation(await attestVersion(this.#context, reference, key, options));
  }

  /** What became of every attestation of a version, in the eyes of who trusts these keys or roots. */
  async verifyAttestations(
    reference: string,
    attestedBy: AttestedBy,
    { signal }: ChangeOptions = {},
  ): Promise<AttestationResult[]> {
    const subject = await openReference(this.#context, reference, signal);
    return verifyAttestations(this.#context, subject, attestedBy, signal);
  }

  /** The version that a reference stands for now, seeing every move that was acknowledged before. */
  async resolve(reference: string, { signal }: ChangeOptions = {}): Promise<VersionView> {
    const { record, version } = await resolve(this.#context, reference, signal);
    return viewVersion(record, version);
  }

  /** A model with all its versions and aliases. */
  async show(name: string, { signal }: ChangeOptions = {}): Promise<ModelView> {
    return viewModel(await existing(this.#context, name, signal));
  }

  /** What differs between two versions, which may be of two models: metrics, parameters, libraries, signature, files. */
  compare(left: string, right: string, { signal }: ChangeOptions = {}): Promise<Comparison> {
    return compare(this.#context, left, right, signal);
  }

  /**
   * Holds a version to its samples and records the result in its history. Outputs that differ are a result, not an error.
   * @throws `unsupported` where nothing installed runs it
   */
  verify(reference: string, options?: VerifyOptions): Promise<VerificationResult[]> {
    return verify(this.#context, reference, options);
  }

  /** Records what another process found when it held a version to its samples. */
  async recordVerification(
    reference: string,
    results: readonly VerificationResult[],
    { signal }: ChangeOptions = {},
  ): Promise<void> {
    const { record, version } = await resolve(this.#context, reference, signal);
    await recordVerifications(this.#context, record.name, version, results, signal);
  }

  /**
   * Points an alias at a version; null removes it. Nothing is run: `promote` does that.
   * @throws `conflict` where the alias does not point at `expect`, `gate_refused` where its policy is not met
   */
  alias(name: string, alias: string, version: number | string | null, options?: AliasOptions): Promise<Moved> {
    return aliases.setAlias(this.#context, name, alias, version, options);
  }

  /**
   * Points `production`, or another alias, at a version that reproduces its samples: they are run now, unless they were before.
   * @throws `samples_differ` where it predicts otherwise than when it was saved, `refused` where it has no samples
   * @throws `gate_refused` where the policy of the alias is not met: `details.faults` has each condition
   * @throws `conflict` where the alias does not point at `expect`
   */
  promote(name: string, version: number | string, options?: PromoteOptions): Promise<Moved> {
    return aliases.promote(this.#context, name, version, options);
  }

  /**
   * Points `production`, or another alias, back at what it was before. Twice goes back two steps.
   * @throws `not_found` where there is nothing to go back to
   */
  rollback(name: string, options?: AliasOptions & { readonly alias?: string | undefined }): Promise<Moved> {
    return aliases.rollback(this.#context, name, options);
  }

  /**
   * Divides the requests to an alias among versions, for A/B tests and canaries: `[{ version: 3, weight: 90 }, { version: 4,
   * weight: 10 }]`. A caller's key always gets the same version, and new weights move as few keys as they can. Null, as any
   * move of the alias, ends the route.
   */
  route(
    name: string,
    alias: string,
    versions: readonly RouteInput[] | null,
    options?: RouteOptions,
  ): Promise<RouteView | undefined> {
    return routes.setRoute(this.#context, name, alias, versions, options);
  }

  /** What a reference stands for now, with the route of its alias: what a server needs to know, of one moment. */
  standing(reference: string, { signal }: ChangeOptions = {}): Promise<Standing> {
    return routes.standing(this.#context, reference, signal);
  }

  /** Names for a version that never move. */
  async label(
    name: string,
    version: number | string,
    labels: readonly string[],
    options?: ChangeOptions,
  ): Promise<void> {
    await edits.label(this.#context, name, version, labels, options);
  }

  /** Tags of a version, or with `undefined` of the model; null as a value removes one. */
  async tag(
    name: string,
    version: number | string | undefined,
    tags: Readonly<Record<string, string | null | undefined>>,
    options?: ChangeOptions,
  ): Promise<void> {
    await edits.tag(this.#context, name, version, tags, options);
  }

  /** The description of a version, or of the model where `version` is `undefined`; without a text it is removed. */
  async describe(
    name: string,
    version: number | string | undefined,
    description: string | undefined,
    options?: ChangeOptions,
  ): Promise<void> {
    await edits.describe(this.#context, name, version, description, options);
  }

  /** Marks a version as one that is better not used. It goes on to work. */
  async deprecate(name: string, version: number | string, options?: StatusOptions): Promise<void> {
    await edits.setStatus(this.#context, name, version, "deprecated", options);
  }

  /** Marks a version as put away. Its files stay where they are: `retention.archive` moves them. */
  async archive(name: string, version: number | string, options?: StatusOptions): Promise<void> {
    await edits.setStatus(this.#context, name, version, "archived", options);
  }

  /** Back from deprecated or archived. */
  async activate(name: string, version: number | string, options?: StatusOptions): Promise<void> {
    await edits.setStatus(this.#context, name, version, "active", options);
  }

  /** Gives a model another name; the old one stays a reference to it, and is never used again. */
  async rename(name: string, to: string, options?: ChangeOptions): Promise<void> {
    await rename(this.#context, name, to, options);
  }

  /** Models by name, a page at a time: `page.next` is the `cursor` of the next call. */
  list(options?: PageOptions): Promise<Page<ListedModel>> {
    return listModels(this.#index, options);
  }

  /**
   * Versions that a filter holds for: `metrics.auc >= 0.9 and (alias = 'production' or tags.team in ('risk'))`. A wrong
   * filter is `invalid_filter`, and the message points at the character.
   */
  search(filter: string, options?: SearchOptions): Promise<Page<ListedVersion>> {
    return searchVersions(this.#index, filter, options);
  }

  /** Names of all models. */
  async *names({ signal }: ChangeOptions = {}): AsyncIterable<string> {
    for await (const name of modelNames(this.#context.store, signal)) yield name;
  }

  /** Every entry of a model's history, the oldest first; those without effect say why. */
  history(name: string, { signal }: ChangeOptions = {}): Promise<HistoryEntry[]> {
    return past.history(this.#context, name, signal);
  }

  /** The model as it stood at a time. */
  async asOf(name: string, time: Date | string, { signal }: ChangeOptions = {}): Promise<ModelView> {
    return viewModel(await past.asOf(this.#context, name, time, signal));
  }

  /** What an alias pointed at then: "what was in production on 3 March?" `undefined` where it pointed at nothing. */
  async aliasAsOf(
    name: string,
    alias: string,
    time: Date | string,
    { signal }: ChangeOptions = {},
  ): Promise<VersionView | undefined> {
    const found = await past.aliasAsOf(this.#context, name, alias, time, signal);
    return found && viewVersion(found.record, found.version);
  }

  /** Saves many models, some at a time. One that fails does not stop the others: its error stands in its place. */
  async saveAll(
    items: readonly (SaveInput & { readonly name: string })[],
    { concurrency = 8 }: { readonly concurrency?: number | undefined } = {},
  ): Promise<PromiseSettledResult<Saved>[]> {
    return eachOf(items, concurrency, async ({ name, ...input }) => {
      const [result] = await Promise.allSettled([save(this.#context, name, input)]);
      return result;
    });
  }

  /**
   * Registers an envelope from a package or another registry, its manifest byte for byte. Every file is verified on the way.
   * @throws `digest_mismatch` or `size_mismatch` where a file is not the one that the manifest names
   */
  importEnvelope(envelope: Envelope, options?: ImportOptions): Promise<Saved> {
    return importEnvelope(this.#context, envelope, options);
  }

  /**
   * Carries one version into another registry, under a number of its own, with its labels and where it comes from. Aliases
   * are not carried: what is live is decided there.
   */
  async copy(reference: string, to: Registry, options: ImportOptions = {}): Promise<Saved> {
    const envelope = await this.open(reference, { signal: options.signal });
    const { name, labels } = envelope.version;
    return to.importEnvelope(envelope, { name, labels, origin: originOf(envelope.version, this.id), ...options });
  }

  /** Whether every version has its data and every history is whole. What is wrong is in the report, not thrown. */
  check(options?: CheckOptions): Promise<CheckReport> {
    return check(this.#context, options);
  }

  /**
   * Removes what nothing refers to, safely beside running saves.
   * @throws `refused` where a model's history holds entries of a kind that this version does not know
   */
  collectGarbage(options?: CollectOptions): Promise<Collected> {
    return collectGarbage(this.#context, options);
  }

  /** Disposes of the store and the archives. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of [this.#context.store, ...(this.#context.archives?.values() ?? [])])
      await store[Symbol.asyncDispose]?.();
  }
}
