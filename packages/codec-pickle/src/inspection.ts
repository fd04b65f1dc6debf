import type { Inspection } from "@modelkeep/core";
import type { PickleInspection, Verdict } from "@modelkeep/pickle";

const levels: Readonly<Record<Verdict, "info" | "warning" | "danger">> = {
  clean: "info",
  unknown: "warning",
  malformed: "warning",
  limit: "warning",
  dangerous: "danger",
};

/** What the file tells, as every codec tells it. */
export function inspectionOf(found: PickleInspection): Inspection {
  const { scan, type, tree, arrays, classes, versions, compression, protocol, joblib } = found;
  const packed = compression === undefined ? "" : `, ${compression}`;
  const what = type === undefined ? "cannot be read to its end" : `${type}, arrays: ${arrays.length}`;
  return {
    summary: `${what}${packed}; scan: ${scan.verdict}`,
    tensors: arrays.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })),
    details: {
      verdict: scan.verdict,
      joblib,
      versions,
      classes,
      globals: scan.globals,
      ...(type === undefined ? {} : { type }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(compression === undefined ? {} : { compression }),
      ...(tree === undefined ? {} : { tree }),
    },
    findings: scan.findings.map(({ verdict, ...finding }) => ({ level: levels[verdict], verdict, ...finding })),
  };
}
