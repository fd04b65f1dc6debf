/** Text that may stand in a page: what comes from models and stores is data, never markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/** A page for `htmlPage`: texts are escaped, `html` is taken as it is. */
export interface Page {
  readonly title: string;
  readonly intro?: string;
  readonly sections: readonly { readonly heading: string; readonly text?: string; readonly html: string }[];
}

/** One self-contained page: no script, nothing loaded from anywhere. `html` of sections is trusted, all else is escaped. */
export function htmlPage({ title, intro, sections }: Page): string {
  const body = sections.map(
    ({ heading, text, html }) =>
      `<section><h2>${escapeHtml(heading)}</h2>${text === undefined ? "" : `<p>${escapeHtml(text)}</p>`}${html}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${intro === undefined ? "" : `<p class="intro">${escapeHtml(intro)}</p>`}
${body.join("\n")}
</body>
</html>
`;
}

/** A table of plain text. */
export interface HtmlTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table as HTML; every text is escaped, columns of numbers stand to the right. */
export function htmlTable({ headings, rows }: HtmlTable): string {
  const numeric = headings.map((_, column) =>
    rows.every((row) => /^[\d.,\s%]*( (B|kB|MB|GB))?$/u.test(row[column] ?? "")),
  );
  const cell = (tag: "th" | "td", text: string, column: number) =>
    `<${tag}${numeric[column] ? ' class="number"' : ""}>${escapeHtml(text)}</${tag}>`;
  const head = `<tr>${headings.map((text, column) => cell("th", text, column)).join("")}</tr>`;
  const lines = rows.map((row) => `<tr>${row.map((text, column) => cell("td", text, column)).join("")}</tr>`);
  return `<div class="scroll"><table><thead>${head}</thead><tbody>${lines.join("")}</tbody></table></div>`;
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --one: #2f6fb3; --two: #c9762b; --three: #4b9a6d; --text: #1b1f24; --muted: #667; }
@media (prefers-color-scheme: dark) { :root { --one: #6ea8e6; --two: #e6a05c; --three: #7fcaa0; --text: #e7e9ec; --muted: #9aa3ad; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); max-width: 78rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .4rem; }
p { margin: .3rem 0 .8rem; color: var(--muted); max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .38rem .9rem .38rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; vertical-align: bottom; }
td:not(.number) { min-width: 5.5rem; }
td:first-child { white-space: nowrap; }
td:last-child { min-width: 12rem; }
.number { text-align: right; }
td.number { white-space: nowrap; }
svg { max-width: 100%; height: auto; display: block; margin: .4rem 0 1rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
svg .muted { fill: var(--muted); }
svg .axis { stroke: var(--line); }
`;
