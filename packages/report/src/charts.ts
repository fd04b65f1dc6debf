import { escapeHtml } from "./html.js";

/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What stands at the bar's end; default the value. */
  readonly text?: string;
}

const colours = ["var(--one)", "var(--two)", "var(--three)"] as const;
const width = 720;
const rowHeight = 26;

/** Horizontal bars from zero, as one SVG. `logarithmic` where values differ by orders of magnitude; then bars start below the least. */
export function barChart(
  bars: readonly Bar[],
  options: { readonly title: string; readonly logarithmic?: boolean },
): string {
  const labelWidth = Math.min(260, 12 + 7 * Math.max(...bars.map(({ label }) => label.length)));
  const room = width - labelWidth - 110;
  const scale = options.logarithmic === true ? logarithmic(bars) : linear(bars);
  const rows = bars.map(({ label, value, text }, index) => {
    const y = index * rowHeight;
    const length = Math.max(1, scale(value) * room);
    return (
      `<text x="${labelWidth - 8}" y="${y + 17}" text-anchor="end">${escapeHtml(label)}</text>` +
      `<rect x="${labelWidth}" y="${y + 4}" width="${length.toFixed(1)}" height="${rowHeight - 9}" rx="2" fill="${colours[0]}"/>` +
      `<text class="muted" x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 17}">${escapeHtml(text ?? String(value))}</text>`
    );
  });
  return svg(
    bars.length * rowHeight + 4,
    options.title,
    `<line class="axis" x1="${labelWidth}" x2="${labelWidth}" y1="0" y2="${bars.length * rowHeight}"/>${rows.join("")}`,
  );
}

/** One colour of a grouped chart. */
export interface Series {
  readonly name: string;
  /** One value for each group; undefined where there is none. */
  readonly values: readonly (number | undefined)[];
}

/** Groups of upright bars, one bar for each series (at most three), on an axis from `least` to `most`. */
export function groupedChart(
  groups: readonly string[],
  series: readonly Series[],
  options: {
    readonly title: string;
    readonly least?: number;
    readonly most?: number;
    readonly format?: (value: number) => string;
  },
): string {
  const { format = String } = options;
  const values = series.flatMap((each) => each.values.filter((value) => value !== undefined));
  const most = options.most ?? Math.max(...values, 0);
  const least = options.least ?? Math.min(...values, 0);
  const height = 200;
  const left = 56;
  const slot = (width - left) / groups.length;
  const bar = Math.min(46, (slot - 16) / series.length);
  const y = (value: number) => 16 + height - ((value - least) / (most - least || 1)) * height;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = least + share * (most - least);
    return `<line class="axis" x1="${left}" x2="${width}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="muted" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escapeHtml(format(value))}</text>`;
  });
  const bars = groups.map((group, index) => {
    const start = left + index * slot + (slot - bar * series.length) / 2;
    const drawn = series.map(({ name, values: own }, which) => {
      const value = own[index];
      if (value === undefined) return "";
      const top = y(value);
      return `<rect x="${(start + which * bar).toFixed(1)}" y="${top.toFixed(1)}" width="${(bar - 3).toFixed(1)}" height="${Math.max(1, y(least) - top).toFixed(1)}" rx="2" fill="${colours[which % colours.length]!}"><title>${escapeHtml(`${name}, ${group}: ${format(value)}`)}</title></rect><text class="muted" x="${(start + which * bar + (bar - 3) / 2).toFixed(1)}" y="${(top - 4).toFixed(1)}" text-anchor="middle">${escapeHtml(format(value))}</text>`;
    });
    return `${drawn.join("")}<text x="${(left + index * slot + slot / 2).toFixed(1)}" y="${height + 34}" text-anchor="middle">${escapeHtml(group)}</text>`;
  });
  const legend = series.map(
    ({ name }, index) =>
      `<rect x="${left + index * 190}" y="${height + 48}" width="11" height="11" rx="2" fill="${colours[index % colours.length]!}"/><text x="${left + 17 + index * 190}" y="${height + 58}">${escapeHtml(name)}</text>`,
  );
  return svg(height + 70, options.title, grid.join("") + bars.join("") + legend.join(""));
}

function linear(bars: readonly Bar[]): (value: number) => number {
  const most = Math.max(...bars.map(({ value }) => value), 0);
  return (value) => (most === 0 ? 0 : value / most);
}

function logarithmic(bars: readonly Bar[]): (value: number) => number {
  const positive = bars.map(({ value }) => value).filter((value) => value > 0);
  const least = Math.log10(Math.min(...positive)) - 0.5;
  const most = Math.log10(Math.max(...positive));
  return (value) => (value > 0 ? (Math.log10(value) - least) / (most - least || 1) : 0);
}

function svg(height: number, title: string, content: string): string {
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(title)}"><title>${escapeHtml(title)}</title>${content}</svg>`;
}
