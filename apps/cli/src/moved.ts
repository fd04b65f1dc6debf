import type { Moved } from "@modelkeep/registry";

import type { Output } from "./output.js";

/** "credit-scorer@production: 2 → 3" */
export function reportMove(moved: Moved, output: Output): void {
  const { name, alias, version, previous, endedRoute } = moved;
  const text =
    version === previous
      ? `${name}@${alias} was at version ${version ?? "none"} already`
      : `${name}@${alias}: ${previous ?? "none"} → ${version ?? "none"}`;
  const ended = endedRoute === undefined ? "" : `; its route has ended`;
  output.result(moved, output.style(version === undefined ? "yellow" : "green", `${text}${ended}`));
}
