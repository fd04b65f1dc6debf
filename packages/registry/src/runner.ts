import {
  type Manifest,
  ModelkeepError,
  type PayloadSet,
  type Predictor,
  type PredictorOptions,
  type Representation,
  type Runtime,
  type Signature,
} from "@modelkeep/core";

import type { Plugins } from "./options.js";

/** A representation and what runs it. */
export interface Runner {
  readonly representation: Representation;
  readonly runtime: Runtime;
}

export interface RunnerChoice {
  /** Name of the representation. */
  readonly representation?: string | undefined;
  /** Name of the runtime. */
  readonly runtime?: string | undefined;
}

/**
 * Every pair that could run here, in the order of the manifest and of what is installed; `unsupported` says why there is none, and
 * what to install where the manifest tells.
 */
export async function runners(
  plugins: Plugins,
  { representations, requirements = [] }: Pick<Manifest, "representations" | "requirements">,
  choice: RunnerChoice = {},
): Promise<readonly Runner[]> {
  const wanted = representations.filter(
    ({ name }) => choice.representation === undefined || name === choice.representation,
  );
  if (wanted.length === 0 && choice.representation !== undefined) {
    const names = representations.map((each) => each.name).join(", ") || "none";
    throw new ModelkeepError(
      "not_found",
      `There is no representation ${JSON.stringify(choice.representation)}; there are: ${names}`,
    );
  }
  const { found, reasons } = await availableRunners(plugins, wanted, choice.runtime);
  if (found.length > 0) return found;
  const forms = wanted.map(({ name, codec }) => (name === codec ? name : `${name} (${codec})`)).join(", ") || "none";
  const installed = plugins.runtimes.map((each) => each.name).join(", ") || "none";
  const packages = requirements.flatMap(({ ecosystem, name }) => (ecosystem === "npm" ? [name] : []));
  const needed =
    packages.length === 0 || choice.runtime !== undefined
      ? ""
      : ` It was saved with what runs it: npm install ${packages.join(" ")}, and give the plugins of these packages.`;
  const why = reasons.length > 0 ? reasons.join(" ") : `Runtimes that are installed: ${installed}.${needed}`;
  throw new ModelkeepError("unsupported", `Nothing installed runs this model (${forms}). ${why}`, {
    details: { reasons, packages },
  });
}

/** The same, perhaps none, with why runtimes that would do are not available. */
export async function availableRunners(
  plugins: Plugins,
  representations: readonly Representation[],
  wanted?: string,
): Promise<{ readonly found: readonly Runner[]; readonly reasons: readonly string[] }> {
  const found: Runner[] = [];
  const reasons: string[] = [];
  for (const representation of representations) {
    const { codec, flavor } = representation;
    const info = flavor === undefined ? { codec } : { codec, flavor };
    for (const runtime of plugins.runtimes) {
      if ((wanted !== undefined && runtime.name !== wanted) || !runtime.runs(info)) continue;
      const available = await runtime.available();
      if (available === true) found.push({ representation, runtime });
      else reasons.push(available);
    }
  }
  return { found, reasons };
}

/** Starts a predictor. The representation's codec decodes for runtimes that want the model and not its files. */
export async function startPredictor(
  plugins: Plugins,
  { representation, runtime }: Runner,
  payloads: PayloadSet,
  signature: Signature | undefined,
  options: Pick<PredictorOptions, "signal" | "threads"> = {},
): Promise<Predictor> {
  const codec = plugins.codecs.find((each) => each.name === representation.codec);
  const decode = codec && (() => codec.decode(payloads, { signal: options.signal }));
  const { codec: name, flavor } = representation;
  const info = flavor === undefined ? { codec: name } : { codec: name, flavor };
  return runtime.predictor(payloads, {
    ...options,
    representation: info,
    ...(signature && { signature }),
    ...(decode && { decode }),
  });
}
