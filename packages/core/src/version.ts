/** A version by semantic versioning (https://semver.org), as far as it orders versions. */
export interface Version {
  readonly numbers: readonly [number, number, number];
  /** "rc.1", "" for a release. */
  readonly prerelease: string;
}

/** A version of semantic versioning 2.0.0, or of PEP 440 as far as it means the same; `undefined` for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match =
    /^[v=]?\s*(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:\.\d{1,15})*[-.]?([a-z][0-9a-z.-]*|(?<=-)[0-9a-z.-]+)?(?:\+[0-9a-z.-]*)?$/iu.exec(
      text.trim().slice(0, 256),
    );
  if (match === null) return undefined;
  return { numbers: [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)], prerelease: match[4] ?? "" };
}

/** Negative when a is older; releases come after their prereleases. */
export function compareVersions(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at];
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  return comparePrereleases(a.prerelease.split("."), b.prerelease.split("."));
}

/**
 * Whether a version lies in a range: `1.2.3`, `^1.2`, `~1.2.3`, `>=1.2 <2`, `1.x`, `*`, alternatives parted by `||`.
 * `undefined` when either can't be read. Unlike npm, a prerelease counts as what it is in the order of versions.
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const parsed = parseVersion(version);
  const alternatives = range.split("||").map(parseRange);
  if (parsed === undefined || alternatives.includes(undefined)) return undefined;
  return alternatives.some((bounds) => bounds!.every((bound) => bound(parsed)));
}

type Bound = (version: Version) => boolean;

function parseRange(text: string): Bound[] | undefined {
  const spaced = text.trim().replace(/(\^|~|>=|<=|>|<|==?)\s+/gu, "$1");
  const hyphen = /^(\S+) - (\S+)$/u.exec(spaced);
  const parts = hyphen === null ? spaced.split(/[\s,]+/u).filter(Boolean) : [`>=${hyphen[1]}`, `<=${hyphen[2]}`];
  const bounds: Bound[] = [];
  for (const part of parts) {
    const bound = parsePart(part);
    if (bound === undefined) return undefined;
    bounds.push(bound);
  }
  return bounds;
}

function parsePart(part: string): Bound | undefined {
  const [, operator = "", rest = ""] = /^(\^|~|>=|<=|>|<|==?)?(.*)$/u.exec(part)!;
  if (/^[*x]?$/iu.test(rest)) return () => true;
  const given = rest.replace(/(\.[x*])+$/iu, "");
  const low = parseVersion(given);
  if (low === undefined) return undefined;
  // How many numbers were written: `1.2` stands for all of 1.2.x.
  const precision = Math.min(3, /^v?(\d+(?:\.\d+)*)/iu.exec(given)![1]!.split(".").length);
  const within = (from: Version, keep: number): Bound => {
    const numbers = from.numbers.map((value, at) => (at === keep - 1 ? value + 1 : at < keep ? value : 0));
    const end: Version = { numbers: numbers as [number, number, number], prerelease: "" };
    return (version) => compareVersions(version, from) >= 0 && below(version, end);
  };
  switch (operator) {
    case ">=":
      return (version) => compareVersions(version, low) >= 0;
    case "<":
      return (version) => below(version, low);
    case ">":
      return (version) => compareVersions(version, low) > 0 && (precision === 3 || !within(low, precision)(version));
    case "<=":
      return (version) => compareVersions(version, low) <= 0 || (precision < 3 && within(low, precision)(version));
    case "^": {
      const first = low.numbers.findIndex((value) => value > 0) + 1;
      return within(low, first === 0 ? precision : first);
    }
    case "~":
      return within(low, Math.min(precision, 2));
    default:
      return precision === 3 ? (version) => compareVersions(version, low) === 0 : within(low, precision);
  }
}

/** Prereleases of the version that ends a range are beyond it too: `<2` does not mean 2.0.0-rc.1. */
function below(version: Version, end: Version): boolean {
  const release = { numbers: version.numbers, prerelease: end.prerelease === "" ? "" : version.prerelease };
  return compareVersions(release, end) < 0;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [left, right] = [a[at]!, b[at]!];
    if (left === right) continue;
    const [leftNumber, rightNumber] = [/^\d+$/u.test(left), /^\d+$/u.test(right)];
    if (leftNumber && rightNumber) return Number(left) - Number(right);
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}
