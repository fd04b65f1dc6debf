import { randomUUID } from "node:crypto";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";

/** The suite that plugin authors run on their stores, and the race of writers, on the user's own store in a scratch prefix. */
export async function run(context: Context): Promise<number> {
  const { output, options, signal } = context;
  const store = await context.store(context.arguments[0]);
  const { checkStore } = await import("@modelkeep/testkit");
  const prefix = options.text("prefix") ?? `modelkeep-check-${randomUUID()}/`;
  const report = await checkStore(store, {
    prefix,
    signal,
    ...(options.choice("race") === false ? { race: { writers: 1, increments: 1 } } : {}),
    progress: ({ name, passed, message, milliseconds }) => {
      output.line(
        `${passed ? output.style("green", "ok  ") : output.style("red", "FAIL")}  ${name} ${output.style("dim", `${milliseconds} ms`)}`,
      );
      if (message !== undefined) output.line(`      ${message}`);
    },
  });
  const failed = report.results.filter(({ passed }) => !passed).length;
  const verdict = report.passed
    ? "it keeps the promises that a registry needs"
    : "do not keep a registry on it before this is mended";
  output.result(report, `${report.results.length - failed} passed, ${failed} failed: ${verdict}`);
  return report.passed ? exitCodes.ok : exitCodes.negative;
}
