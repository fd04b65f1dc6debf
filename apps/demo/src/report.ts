import { writeFile } from "node:fs/promises";

import type { AuditChange, ModelView } from "@modelkeep/registry";
import {
  type FormatResult,
  formatHeadings,
  formatRow,
  formatsSections,
  groupedChart,
  htmlPage,
  htmlTable,
} from "@modelkeep/report";

import { changeText, timeText } from "./print.js";

export interface ReportInput {
  readonly formats: readonly FormatResult[];
  /** The same for the pipeline that came from Python. */
  readonly python: readonly FormatResult[];
  readonly model: ModelView;
  readonly changes: readonly AuditChange[];
}

/** One page: formats, versions, history. */
export async function writeReport(path: string, { formats, python, model, changes }: ReportInput): Promise<void> {
  const versions = model.versions.toReversed();
  const names = [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))];
  const series = names.map((name) => ({ name, values: versions.map(({ metrics }) => metrics[name]) }));
  const page = htmlPage({
    title: `${model.name}: formats and versions`,
    intro:
      "Written by the demo of Modelkeep: a pipeline trained in JavaScript on the UCI wine data, saved in every format, registered, proved, promoted and rolled back.",
    sections: [
      ...formatsSections(formats),
      {
        heading: "A pipeline from scikit-learn",
        text: "Files as Python writes them, read without Python and without running anything: load time is reading, converting to ONNX and opening it.",
        html: htmlTable({ headings: formatHeadings, rows: python.map(formatRow) }),
      },
      {
        heading: "Versions",
        text: "Metrics on rows that were kept apart from training.",
        html:
          groupedChart(
            versions.map(({ reference }) => reference),
            series,
            { title: "Metrics by version", least: 0, most: 1, format: (value) => value.toFixed(2) },
          ) +
          htmlTable({
            headings: ["version", "aliases", "description", "metrics", "samples", "registered (UTC)"],
            rows: versions.map(({ reference, aliases, description, metrics, verifications, samples, registered }) => [
              reference,
              aliases.join(", "),
              description ?? "",
              Object.entries(metrics)
                .map(([name, value]) => `${name} ${value.toFixed(3)}`)
                .join(", "),
              `${samples ?? 0} rows${verifications.some(({ ok, where }) => ok && where === "fresh") ? ", reproduced in a fresh process" : ""}`,
              timeText(registered),
            ]),
          }),
      },
      {
        heading: "History",
        text: "The log is the audit trail: each entry carries the digest of the one before.",
        html: htmlTable({
          headings: ["entry", "time (UTC)", "by", "change"],
          rows: changes.map((each) => [String(each.entry), timeText(each.time), each.actor.name, changeText(each)]),
        }),
      },
    ],
  });
  await writeFile(path, page);
}
