import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "../context.js";
import { requirementsOf } from "../requirements.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const registry = await context.registry();
  const { manifest } = await registry.open(context.arguments[0]!);
  const all = requirementsOf(manifest);
  const format =
    options.text("format") ??
    (all.some(({ ecosystem }) => ecosystem === "pypi") && !all.some(({ ecosystem }) => ecosystem === "npm")
      ? "pip"
      : "npm");
  if (format !== "npm" && format !== "pip")
    throw new ModelkeepError("invalid_input", `--format is npm or pip, not ${JSON.stringify(format)}`);
  const listed = all.filter(({ ecosystem }) => ecosystem === (format === "npm" ? "npm" : "pypi"));
  if (format === "pip") output.result(listed, listed.map(({ name, version }) => `${name}==${version}`).join("\n"));
  else {
    const dependencies = Object.fromEntries(listed.map(({ name, version }) => [name, version]));
    output.result(
      { private: true, type: "module", dependencies },
      JSON.stringify({ private: true, type: "module", dependencies }, null, 2),
    );
  }
}
