/** The packages that plugins and applications are written against. */
export const reportedPackages: readonly string[] = ["@modelkeep/core", "@modelkeep/testkit", "@modelkeep/registry"];

/** The line at which two texts part, as both have it. */
export function firstDifference(known: string, now: string): string {
  const [before, after] = [known.split("\n"), now.split("\n")];
  const at = after.findIndex((line, index) => line !== before[index]);
  const index = at < 0 ? after.length : at;
  return `first at line ${index + 1}:\n- ${before[index] ?? ""}\n+ ${after[index] ?? ""}`;
}

/** What a report is without remarks that depend on comments: writing one changes no interface. */
export function interfaceOf(report: string): string {
  const code = /^```ts\n(.*?)^```$/ms.exec(report)?.[1] ?? "";
  return code
    .replaceAll(/^ *\/\/ .*\n/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}
