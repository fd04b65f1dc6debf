/** The part of `range` that an object of `size` bytes has, as `{ start, end }` with `start <= end <= size`. */
export function cutRange(
  size: number,
  range: { readonly start: number; readonly end?: number } | undefined,
): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  const { start, end = Number.MAX_SAFE_INTEGER } = range;
  if (!isPosition(start) || !isPosition(end) || end < start)
    throw new TypeError(`A range is { start, end } in whole bytes with 0 <= start <= end, not { ${start}, ${end} }`);
  return { start: Math.min(start, size), end: Math.min(end, size) };
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
