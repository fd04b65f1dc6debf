/** The commands of run-quick.ts. */
export const quickNames: ReadonlySet<string> = new Set([
  "list",
  "ls",
  "show",
  "history",
  "search",
  "compare",
  "alias",
  "tag",
  "label",
  "describe",
  "deprecate",
  "archive",
  "rename",
]);
