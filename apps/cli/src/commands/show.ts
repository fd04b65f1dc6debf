import { isModelkeepError, type Manifest } from "@modelkeep/core";
import type { GateReport, VersionView } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes, formatTime, type Output } from "../output.js";
import { specText } from "../spec-text.js";
import { proofText, shortNumber } from "./list.js";

export async function run(context: Context): Promise<void> {
  const { output, options } = context;
  const registry = await context.registry();
  const reference = context.arguments[0]!;
  if (options.flag("manifest")) {
    const { manifestBytes } = await registry.open(reference);
    process.stdout.write(manifestBytes);
    return;
  }
  if (!reference.includes("@")) {
    const { run: list } = await import("./list.js");
    await list(context);
    return;
  }
  if (!output.json) {
    const version = await registry.resolve(reference);
    // What the reference stood for then, though its alias may move meanwhile.
    const gates = await registry.gates.checkAll(version.reference);
    const manifest = await registry.open(version.reference).then(
      (envelope) => envelope.manifest,
      (error: unknown) => told(error, version, output),
    );
    output.line([describeVersion(version, manifest, output), ...reviewLines(version, gates, output)].join("\n"));
    return;
  }
  const { version, manifest } = await registry.open(reference);
  output.result({ ...version, gates: await registry.gates.checkAll(version.reference), manifest }, "");
}

/** What the registry knows of a version can be shown without the manifest: it may be deleted, archived or damaged. */
function told(error: unknown, version: VersionView, output: Output): undefined {
  if (!isModelkeepError(error)) throw error;
  if (version.deletion === undefined && error.code !== "archived") output.warn(error.message);
}

function describeVersion(version: VersionView, manifest: Manifest | undefined, output: Output): string {
  const lines = [
    `${output.style("bold", version.reference)}${version.aliases.length > 0 ? `  ${output.style("green", version.aliases.join(", "))}` : ""}`,
  ];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") lines.push(`  ${name.padEnd(12)} ${value}`);
  };
  add("status", version.reason === undefined ? version.status : `${version.status}: ${version.reason}`);
  if (version.deletion !== undefined)
    add("deleted", `${formatTime(version.deletion.time)} by ${version.deletion.actor.name}`);
  for (const { name, reason, actor, time } of version.holds)
    add("hold", `${output.style("yellow", name)}: ${reason} (${actor.name}, ${formatTime(time)})`);
  add("stored in", version.storage);
  add("description", version.description);
  add("labels", version.labels.join(", "));
  add("tags", pairs(version.tags));
  add("digest", version.digest);
  add("content", version.content);
  add("registered", `${formatTime(version.registered)} by ${version.registeredBy.name}`);
  add("created", `${formatTime(version.created)}${version.author === undefined ? "" : ` by ${version.author.name}`}`);
  add(
    "metrics",
    Object.entries(version.metrics)
      .map(([name, value]) => `${name} ${shortNumber(value)}`)
      .join(", "),
  );
  add("parameters", pairs(version.parameters));
  add(
    "formats",
    version.representations
      .map(({ name, codec, flavor }) => {
        const more = [...(codec === name ? [] : [codec]), ...(flavor === undefined ? [] : [flavor])];
        return more.length === 0 ? name : `${name} (${more.join(", ")})`;
      })
      .join(", "),
  );
  for (const each of manifest?.signature?.inputs ?? []) add("input", specText(each));
  for (const each of manifest?.signature?.outputs ?? []) add("output", specText(each));
  add("size", formatBytes(version.size));
  for (const { name, role, rows, size } of manifest?.data ?? [])
    add("data", [name, role, rows && counted(rows, "row"), size && formatBytes(size)].filter(Boolean).join(", "));
  add("git", manifest?.source?.git && gitText(manifest.source.git));
  add("run", manifest?.source?.run);
  add("made with", manifest?.environment && madeWith(manifest.environment));
  add("samples", proofText(version));
  for (const each of version.verifications.slice(-3)) {
    const found = each.ok ? output.style("green", "reproduced") : output.style("red", "not reproduced");
    add(
      "verified",
      `${formatTime(each.time)} ${found}: ${each.representation} by ${each.runtime} ${each.runtimeVersion}, ${each.where}, ${each.rows} rows${each.worst === undefined || each.worst === 0 ? "" : `, worst ${each.worst.toExponential(1)}`}${each.message === undefined ? "" : `, ${each.message}`}`,
    );
  }
  for (const { keyId, name, time } of version.attestations)
    add("attested", `${formatTime(time)} by the key ${keyId}${name === version.name ? "" : `, as ${name}`}`);
  return lines.join("\n");
}

function gitText({ commit, branch, dirty }: NonNullable<NonNullable<Manifest["source"]>["git"]>): string {
  return `${commit.slice(0, 12)}${branch === undefined ? "" : ` on ${branch}`}${dirty === true ? ", with changes that are not committed" : ""}`;
}

function madeWith({ runtime, platform, libraries }: NonNullable<Manifest["environment"]>): string {
  const own = Object.entries(libraries ?? {}).map(([name, version]) => `${name} ${version}`);
  return [`${runtime.name} ${runtime.version}`, ...own, ...(platform === undefined ? [] : [platform])].join(", ");
}

/** Who said what of it, and what stands between it and each alias that a policy holds. */
function reviewLines(version: VersionView, gates: readonly GateReport[], output: Output): string[] {
  const line = (name: string, value: string) => `  ${name.padEnd(12)} ${value}`;
  return [
    ...version.reviews.map(({ decision, actor, alias, time, reason }) => {
      const said = `${formatTime(time)} by ${actor.name}${alias === undefined ? "" : `, for ${alias}`}${reason === undefined ? "" : `: ${reason}`}`;
      return line(decision, decision === "disapproved" ? output.style("red", said) : said);
    }),
    ...(version.overridden ?? []).map((alias) =>
      line("override", output.style("yellow", `it is live as ${alias} though the policy was not met`)),
    ),
    ...gates.flatMap(({ alias, met, conditions }) =>
      met
        ? [line(alias, output.style("green", "may become live"))]
        : conditions
            .filter((each) => !each.met)
            .map((each) => line(alias, `${output.style("red", "held back:")} ${each.message}`)),
    ),
  ];
}

const mostPairs = 12;

function pairs(values: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(values).map(([key, value]) => `${key}=${String(value)}`);
  const more = all.length - mostPairs;
  return more > 0 ? `${all.slice(0, mostPairs).join(", ")} and ${more} more (--json)` : all.join(", ");
}
