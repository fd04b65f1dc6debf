import type { Policy, PolicyChange, PolicyRecord } from "@modelkeep/registry";

import { formatTime, type Output } from "./output.js";

/** A policy in lines for people: what must be met, and what else it says. */
export function policyLines(policy: Policy): string[] {
  const { approvals, approvers, samples, attested, metrics = {}, noWorse = [], dataDigest, licence } = policy;
  const { change, override } = policy;
  const people = (list: readonly string[] | undefined, otherwise: string) => list?.join(", ") ?? otherwise;
  return [
    approvals === undefined
      ? []
      : `${approvals} approval${approvals === 1 ? "" : "s"} by ${people(approvers, "others than the author")}`,
    samples === undefined
      ? []
      : `samples reproduced (${(samples.where ?? ["fresh", "installed"]).join(" or ")})${samples.within === undefined ? "" : ` in the last ${durationText(samples.within)}`}`,
    attested === undefined ? [] : `attested by ${attested.map((keyId) => keyId.slice(0, 12)).join(" or ")}`,
    Object.entries(metrics).map(
      ([name, { min, max }]) =>
        `${name}${min === undefined ? "" : ` at least ${min}`}${max === undefined ? "" : ` at most ${max}`}`,
    ),
    noWorse.map(
      ({ metric, better, tolerance = 0 }) =>
        `${metric} not ${better === "higher" ? "lower" : "higher"} than what is live${tolerance === 0 ? "" : `, but for ${tolerance}`}`,
    ),
    dataDigest === undefined ? [] : "the data recorded with a digest",
    licence === undefined ? [] : licence === true ? "a licence" : `the licence ${licence.join(" or ")}`,
    policy.rollback === "gated" ? "a rollback must meet this, too" : [],
    policy.removal === "free" ? "the alias may be removed" : [],
    override === undefined ? [] : `may be overridden, with a reason, by ${people(override.by, "anybody")}`,
    change?.approvals === 0
      ? "anybody may change it"
      : `to change it, ${change?.approvals ?? 1} of ${people(change?.approvers, "the others")} must agree`,
  ].flat();
}

function durationText(seconds: number): string {
  return seconds >= 3600 && seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
}

export function policyText(name: string, held: PolicyRecord, output: Output): string {
  const { alias, policy, proposals, time, actor, reason } = held;
  const lines = [
    `${output.style("bold", `${name}@${alias}`)}  since ${formatTime(time)}, by ${actor.name}${reason === undefined ? "" : `: ${reason}`}`,
    ...policyLines(policy).map((line) => `  ${line}`),
  ];
  for (const { id, policy: other, actor: proposer, agreed, reason: why } of proposals)
    lines.push(
      output.style("yellow", `  proposed ${id.slice("sha256:".length, 19)}`) +
        ` by ${proposer.name}${why === undefined ? "" : `: ${why}`}; agreed: ${agreed.map((each) => each.name).join(", ") || "nobody yet"}`,
      ...(other === null ? ["no policy"] : policyLines(other)).map((line) => `    ${line}`),
    );
  return lines.join("\n");
}

/** What became of a change of a policy. */
export function changeText(name: string, alias: string, { state, policy, proposal, missing }: PolicyChange): string {
  const what = policy === null ? "is held by no policy" : "is held by its new policy";
  if (state === "in_force") return `${name}@${alias} ${what}`;
  const id = proposal!.slice("sha256:".length, 19);
  return `${name}@${alias}: proposed ${id}; ${missing} more must agree (modelkeep policy agree ${name} ${id}${alias === "production" ? "" : ` --alias ${alias}`})`;
}
