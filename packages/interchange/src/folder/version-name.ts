/** A version as names of files and folders tell it. */
export interface VersionName {
  /** "v2", "2024-01-15", "v1.2.0". Never all digits. */
  readonly label: string;
  /** Compared number by number. */
  readonly order: readonly number[];
}

const part = /^(?:v|ver|version)?[-_.]?(\d+(?:\.\d+){0,3})$/iu;
const date = /^((?:19|20)\d{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?:[T_-]?(\d{2}):?-?(\d{2})(?::?-?(\d{2}))?)?$/u;

/** The version that a whole name is: "3", "v3", "version-1", "1.2.0", "2024-01-15". */
export function versionName(text: string): VersionName | undefined {
  const day = date.exec(text);
  if (day !== null) return { label: labelOf(text), order: day.slice(1).map((each) => Number(each ?? 0)) };
  const number = part.exec(text);
  if (number === null) return undefined;
  return { label: `v${number[1]!}`, order: number[1]!.split(".").map(Number) };
}

/** The model and version that a file's name without its extension tells: "churn_v2_2024-01-15". */
export function versionInName(
  stem: string,
): (VersionName & { readonly name: string; readonly date?: string }) | undefined {
  const dated = /^(.*?)[-_. ]?((?:19|20)\d{2}-\d{2}-\d{2}|(?:19|20)\d{6})$/u.exec(stem);
  const rest = dated?.[1] ?? stem;
  const day = dated?.[2];
  const numbered = /^(.*?)[-_. ]?v(?:er(?:sion)?)?[-_.]?(\d+(?:\.\d+){0,3})$/iu.exec(rest);
  const found = versionName(numbered?.[2] ?? day ?? "");
  if (found === undefined) return undefined;
  const name = numbered?.[1] ?? rest;
  return { ...found, name, ...(day !== undefined && { date: day }) };
}

export function compareVersionNames(a: VersionName, b: VersionName): number {
  for (let index = 0; index < Math.max(a.order.length, b.order.length); index++) {
    const difference = (a.order[index] ?? 0) - (b.order[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
}

/** Labels are never all digits, since those are version numbers, and have no characters that separate names. */
export function labelOf(text: string): string {
  const plain = text.replaceAll(/[/:@]/gu, "-");
  return /^\d+$/u.test(plain) ? `v${plain}` : plain;
}
