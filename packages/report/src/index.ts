export { type Bar, barChart, groupedChart, type Series } from "./charts.js";
export { compareFormats, type CompareFormatsOptions, type FormatResult } from "./compare-formats.js";
export { codecCase, type CodecCaseOptions, type FormatCase, type SavedFile } from "./format-case.js";
export { formatHeadings, formatRow, formatsAsMarkdown, formatsAsText } from "./format-table.js";
export { formatsSections } from "./formats-section.js";
export { escapeHtml, htmlPage, htmlTable, type HtmlTable, type Page } from "./html.js";
export { worstDifference } from "./worst-difference.js";
