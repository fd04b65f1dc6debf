import { barChart } from "./charts.js";
import type { FormatResult } from "./compare-formats.js";
import { formatHeadings, formatRow, formatSize, milliseconds } from "./format-table.js";
import { htmlTable, type Page } from "./html.js";

/** The comparison of formats as sections of a page: table, sizes, load times. */
export function formatsSections(results: readonly FormatResult[]): Page["sections"] {
  const bars = (pick: (result: FormatResult) => number, text: (value: number) => string) =>
    results.map((result) => ({ label: result.label, value: pick(result), text: text(pick(result)) }));
  return [
    {
      heading: "Formats compared",
      text: "The same model in every format: medians of several rounds, in memory, in one process. Identical means that every prediction equals, to the last bit, what the model predicted before it was saved.",
      html: htmlTable({ headings: formatHeadings, rows: results.map(formatRow) }),
    },
    {
      heading: "Size",
      html: barChart(
        bars((result) => result.size, formatSize),
        { title: "Bytes by format" },
      ),
    },
    {
      heading: "Load time",
      text: "From bytes to a model that predicts, in milliseconds, on a logarithmic scale.",
      html: barChart(
        bars((result) => result.loadMs, milliseconds),
        { title: "Milliseconds to load by format", logarithmic: true },
      ),
    },
  ];
}
