import { ModelkeepError } from "@modelkeep/core";
import type { RouteInput, RouteView } from "@modelkeep/registry";

import type { Context } from "../context.js";
import type { Output } from "../output.js";
import { splitPair, splitReference } from "../reference.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const [reference, ...parts] = context.arguments as [string, ...string[]];
  const { name, selector: alias } = splitReference(reference);
  const end = options.flag("end");
  if (end && parts.length > 0) throw new ModelkeepError("invalid_input", "Give weights or --end, not both");
  const registry = await context.registry({ writes: end || parts.length > 0 });
  if (!end && parts.length === 0) {
    const { route } = await registry.standing(reference);
    output.result(route ?? null, () =>
      route === undefined
        ? `${reference} has no route: the version behind it answers everything`
        : describeRoute(route, output),
    );
    return;
  }
  const route = await registry.route(name, alias, end ? null : parts.map(readPart), {
    salt: options.text("salt"),
    reason: options.text("reason"),
    override: options.flag("override"),
  });
  output.result(route ?? null, () =>
    route === undefined ? `${reference}: the route has ended` : describeRoute(route, output),
  );
}

function readPart(text: string): RouteInput {
  const [version, weight] = splitPair(text, "A part of the route");
  if (weight === "shadow") return { version, shadow: true };
  if (!/^\d+(\.\d+)?%?$/u.test(weight))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(weight)} is no weight: write ${version}=5, or ${version}=shadow`,
    );
  return { version, weight: Number.parseFloat(weight) };
}

function describeRoute({ name, alias, shares, shadows, primary, reason }: RouteView, output: Output): string {
  const rows = [
    ...shares.map(({ version, share }) => [
      `${name}@${version}`,
      `${Number((share * 100).toFixed(2))} %`,
      version === primary ? `behind ${alias}` : "",
    ]),
    ...shadows.map((version) => [`${name}@${version}`, "shadow", ""]),
  ];
  const title = `${output.style("bold", `${name}@${alias}`)}${reason === undefined ? "" : `  ${reason}`}`;
  return `${title}\n${output.table(["version", "requests", ""], rows)}`;
}
