const everything = ["./packages/*", "./apps/*", "./tooling/*"];

/**
 * What `npm run <task>` does once everything is installed.
 * `builds` are the turbo filters of what it needs; then `module` (ours) or `tool` (a binary) runs with `args`,
 * in the root of the repository or `where` the user stands.
 */
export const tasks = {
  demo: { builds: ["@modelkeep/demo..."], module: "apps/demo/dist/main.js" },
  modelkeep: { builds: ["@modelkeep/cli..."], module: "apps/cli/dist/main.cjs", where: "user" },
  playground: { builds: everything, module: "tooling/checks/dist/playground.js" },
  test: { builds: everything, tool: "vitest", args: ["run"] },
  check: { builds: ["@modelkeep/checks..."], module: "tooling/checks/dist/check.js" },
  api: {
    builds: ["@modelkeep/checks...", "@modelkeep/registry...", "@modelkeep/testkit..."],
    module: "tooling/checks/dist/write-api-reports.js",
  },
  reference: { builds: ["@modelkeep/checks..."], module: "tooling/checks/dist/write-reference.js" },
  "check-docs": { builds: everything, module: "tooling/checks/dist/check-docs.js" },
  "pack-test": { builds: everything, module: "tooling/checks/dist/pack-test.js" },
  bench: { builds: ["@modelkeep/bench...", "@modelkeep/cli..."], module: "tooling/bench/dist/main.js" },
  reliability: { builds: ["@modelkeep/bench..."], module: "tooling/bench/dist/reliability.js" },
};
