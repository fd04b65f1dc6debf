import type { DType } from "./dtype.js";

/** How the bits of a small floating-point type are read. */
interface Layout {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the extreme bit patterns mean: as in IEEE 754, NaN only where all bits are set, NaN at minus zero, or numbers throughout. */
  readonly special: "ieee" | "fn" | "fnuz" | "none";
}

/** ONNX, "Float stored in 8 bits" and "4 bits"; OCP Microscaling Formats 1.0 for the types of 6 and 4 bits. */
const layouts: ReadonlyMap<DType, Layout> = new Map<DType, Layout>([
  ["float16", { exponent: 5, mantissa: 10, bias: 15, special: "ieee" }],
  ["bfloat16", { exponent: 8, mantissa: 7, bias: 127, special: "ieee" }],
  ["float8_e4m3fn", { exponent: 4, mantissa: 3, bias: 7, special: "fn" }],
  ["float8_e4m3fnuz", { exponent: 4, mantissa: 3, bias: 8, special: "fnuz" }],
  ["float8_e5m2", { exponent: 5, mantissa: 2, bias: 15, special: "ieee" }],
  ["float8_e5m2fnuz", { exponent: 5, mantissa: 2, bias: 16, special: "fnuz" }],
  ["float6_e2m3fn", { exponent: 2, mantissa: 3, bias: 1, special: "none" }],
  ["float6_e3m2fn", { exponent: 3, mantissa: 2, bias: 3, special: "none" }],
  ["float4_e2m1fn", { exponent: 2, mantissa: 1, bias: 1, special: "none" }],
]);

/** True for floating-point types whose elements are kept as raw bits. */
export function isSmallFloat(dtype: DType): boolean {
  return dtype === "float8_e8m0fnu" || layouts.has(dtype);
}

/** The number that the bits of one element stand for: always exact. */
export function smallFloatValue(dtype: DType, bits: number): number {
  if (dtype === "float8_e8m0fnu") return bits === 0xff ? Number.NaN : 2 ** (bits - 127);
  const { exponent: exponentBits, mantissa: mantissaBits, bias, special } = layoutOf(dtype);
  const mantissa = bits & ((1 << mantissaBits) - 1);
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const top = exponent === (1 << exponentBits) - 1;
  if (special === "ieee" && top) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (special === "fn" && top && mantissa === (1 << mantissaBits) - 1) return Number.NaN;
  if (special === "fnuz" && sign < 0 && exponent === 0 && mantissa === 0) return Number.NaN;
  const scale = 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
  return sign * (mantissa + (exponent === 0 ? 0 : 1 << mantissaBits)) * scale;
}

/**
 * The bits of the nearest number of the type, ties to the even one. Beyond the largest number comes infinity where the
 * type has one, else NaN where it has one, else the largest number.
 */
export function smallFloatBits(dtype: DType, value: number): number {
  if (dtype === "float8_e8m0fnu") return nearest(dtype, value, 0xfe, 0xff, 0xff);
  const { exponent, mantissa, special } = layoutOf(dtype);
  const bits = 1 + exponent + mantissa;
  const sign = value < 0 || Object.is(value, -0) ? 1 << (bits - 1) : 0;
  const all = (1 << (bits - 1)) - 1;
  const infinity = all - ((1 << mantissa) - 1);
  const [largest, nan, over] =
    special === "ieee"
      ? [infinity - 1, infinity | (1 << (mantissa - 1)), infinity]
      : special === "fn"
        ? [all - 1, all, all]
        : special === "fnuz"
          ? [all, 1 << (bits - 1), 1 << (bits - 1)]
          : [all, undefined, all];
  if (Number.isNaN(value)) {
    if (nan === undefined) throw new TypeError(`${dtype} has no NaN`);
    return nan;
  }
  const magnitude = nearest(dtype, Math.abs(value), largest, nan, over);
  if (special === "fnuz" && (magnitude === 0 || magnitude === over)) return magnitude;
  return sign | magnitude;
}

/** Among the non-negative bit patterns, which rise with the numbers they stand for. */
function nearest(dtype: DType, value: number, largest: number, nan: number | undefined, over: number): number {
  if (Number.isNaN(value) || value < 0) return nan ?? 0;
  let low = 0;
  let high = largest;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (smallFloatValue(dtype, middle) <= value) low = middle;
    else high = middle - 1;
  }
  const below = smallFloatValue(dtype, low);
  if (low === largest) {
    const step = below - smallFloatValue(dtype, low - 1);
    const beyond = value - below;
    return beyond < step / 2 || (beyond === step / 2 && low % 2 === 0) ? low : over;
  }
  const above = smallFloatValue(dtype, low + 1);
  const difference = value - below - (above - value);
  return difference < 0 || (difference === 0 && low % 2 === 0) ? low : low + 1;
}

function layoutOf(dtype: DType): Layout {
  const layout = layouts.get(dtype);
  if (layout === undefined) throw new TypeError(`${dtype} is no small floating-point type`);
  return layout;
}
