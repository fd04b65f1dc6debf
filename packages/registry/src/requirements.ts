import type { Codec, Flavor, Manifest, PackageName } from "@modelkeep/core";

import type { Context } from "./context.js";
import type { Prepared } from "./representations.js";
import { availableRunners, type Runner } from "./runner.js";

type Requirements = NonNullable<Manifest["requirements"]>;

/**
 * What a new installation needs to load the model again: the packages that read, thaw and run its representations, in this
 * version or a later one, and the libraries it was made with, in theirs. Libraries go into the representations too, where
 * they are compared before a model is loaded.
 */
export async function declareRequirements(
  context: Pick<Context, "plugins" | "environment">,
  prepared: readonly Prepared[],
): Promise<{ readonly prepared: readonly Prepared[]; readonly requirements: Requirements }> {
  const requirements = new Map<string, Requirements[number]>();
  const add = (name: string, version: string) => requirements.set(name, { ecosystem: "npm", name, version });
  const declared: Prepared[] = [];
  for (const each of prepared) {
    const { codec, flavor, runner } = await partsOf(context, each);
    const own = [codec?.package, flavor?.package].filter((part) => part !== undefined);
    for (const { name, version } of own) add(name, `>=${version}`);
    const libraries = await librariesOf(context, each, runner?.runtime.packages ?? [], (name, version) =>
      add(name, `>=${version}`),
    );
    for (const [name, version] of Object.entries(libraries)) add(name, version);
    for (const [name, version] of Object.entries(each.description?.python ?? {}))
      requirements.set(`pypi ${name}`, { ecosystem: "pypi", name, version });
    const recorded = { ...each.representation.libraries, ...libraries };
    const representation =
      Object.keys(recorded).length === 0 ? each.representation : { ...each.representation, libraries: recorded };
    declared.push({ ...each, representation });
  }
  return { prepared: declared, requirements: [...requirements.values()] };
}

async function partsOf(
  { plugins }: Pick<Context, "plugins">,
  { representation }: Prepared,
): Promise<{
  readonly codec?: Codec | undefined;
  readonly flavor?: Flavor | undefined;
  readonly runner?: Runner | undefined;
}> {
  const codec = plugins.codecs.find((each) => each.name === representation.codec);
  const flavor = plugins.flavors.find((each) => each.name === representation.flavor);
  // A model that nothing here runs is kept all the same.
  const { found } = await availableRunners(plugins, [representation]);
  return { codec, flavor, runner: found[0] };
}

/** Versions of the npm packages that the model, or what runs it, is made with, as far as they can be found. */
async function librariesOf(
  { environment }: Pick<Context, "environment">,
  { description }: Prepared,
  runtime: readonly PackageName[],
  addOwn: (name: string, version: string) => void,
): Promise<Record<string, string>> {
  const own = (name: string) => name.startsWith("@modelkeep/");
  for (const { name, version } of runtime) if (own(name)) addOwn(name, version);
  const names = description?.packages ?? [];
  const found = names.length === 0 ? undefined : (await environment(names)).libraries;
  return {
    ...Object.fromEntries(names.flatMap((name) => (found?.[name] === undefined ? [] : [[name, found[name]]]))),
    ...Object.fromEntries(
      runtime
        .filter(({ name, version }) => !own(name) && version !== "unknown")
        .map(({ name, version }) => [name, version]),
    ),
  };
}
