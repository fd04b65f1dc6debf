import type { Placement } from "./entry.js";
import type { Proposal } from "./log.js";

/** Changes that take effect together or not at all, as one entry; one alone needs no batch. */
export function batchOf(changes: readonly Omit<Proposal, "placement">[]): Proposal {
  const [only] = changes;
  if (only !== undefined && changes.length === 1) return only;
  const critical = changes.some((each) => each.critical);
  return { kind: "batch", critical, change: { changes: changes.map((each) => ({ ...each })) } };
}

/** Says where bytes of a version lie, and changes nothing else. */
export function placedProposal(version: number, placement: Placement): Proposal {
  return { kind: "placed", critical: true, change: { version }, placement };
}
