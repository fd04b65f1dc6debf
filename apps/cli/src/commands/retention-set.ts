import { ModelkeepError } from "@modelkeep/core";
import type { Registry, RetentionPolicy } from "@modelkeep/registry";

import type { Context, Options } from "../context.js";
import { counted } from "../output.js";
import { describePolicy } from "../retention-text.js";

/** Models that get the policy at the same time. */
const together = 16;

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const policy = options.flag("none") ? null : policyOf(options);
  if (policy !== null && Object.keys(policy).length === 0)
    throw wrong("Say what to keep, for instance --keep-years 10 or --keep-last 5, or --none");
  if (given.length > 0 === options.flag("all")) throw wrong("Name the models, or give --all");
  const registry = await open({ writes: true });
  const names = options.flag("all") ? await presentNames(registry) : given;
  const reason = options.text("reason");
  for (let start = 0; start < names.length; start += together)
    await Promise.all(
      names.slice(start, start + together).map((name) => registry.retention.set(name, policy, { reason, signal })),
    );
  output.result(
    { names, policy },
    `${names.length === 1 ? names[0]! : counted(names.length, "model")}: ${policy === null ? "no policy for versions to come" : describePolicy(policy)}`,
  );
}

function policyOf(options: Options): RetentionPolicy {
  const [years, last, aliasedYears, afterDays] = (
    ["keep-years", "keep-last", "keep-aliased-years", "archive-after-days"] as const
  ).map((name) => number(name, options.text(name)));
  const [aliases, to] = [options.list("alias"), options.text("archive-to")];
  if (aliases.length > 0 && aliasedYears === undefined) throw wrong("--alias says more of --keep-aliased-years");
  if ((afterDays === undefined) !== (to === undefined))
    throw wrong("--archive-after-days and --archive-to are given together");
  const aliased = aliasedYears !== undefined && { years: aliasedYears, ...(aliases.length > 0 && { aliases }) };
  const keep = {
    ...(years !== undefined && { years }),
    ...(last !== undefined && { last }),
    ...(aliased && { aliased }),
  };
  return {
    ...(Object.keys(keep).length > 0 && { keep }),
    ...(afterDays !== undefined && { archive: { afterDays, to: to! } }),
    ...(options.flag("delete-rest") && { delete: "rest" as const }),
  };
}

async function presentNames(registry: Registry): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.list({ limit: 1000, cursor, scan: cursor === undefined });
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next;
  } while (cursor !== undefined);
  return names;
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const least = name === "archive-after-days" ? 0 : Number.MIN_VALUE;
  if (text.trim() === "" || !(value >= least) || (name === "keep-last" && !Number.isSafeInteger(value)))
    throw wrong(`--${name} is a number, not ${JSON.stringify(text)}`);
  return value;
}

function wrong(message: string): ModelkeepError {
  return new ModelkeepError("invalid_input", message);
}
