/** Logarithm and exponential rounded to the nearest double, as NumPy's nearly always are; `Math` may be one digit off. */

const bits = 160n;
const one = 1n << bits;
const log2 = 2n * inverseTangent(one / 3n);

/** The natural logarithm. */
export function preciseLog(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY || x === 1) return Math.log(x);
  const exponent = Math.floor(Math.log2(x));
  // Exact: a power of two only moves the point. Two steps, since one may leave the range of doubles.
  const fraction = x / 2 ** Math.trunc(exponent / 2) / 2 ** (exponent - Math.trunc(exponent / 2));
  const m = BigInt(fraction * 2 ** 52) << (bits - 52n);
  const log = 2n * inverseTangent(((m - one) << bits) / (m + one)) + BigInt(exponent) * log2;
  return toNumber(log);
}

/** e to the power of x. */
export function preciseExp(x: number): number {
  if (!(Math.abs(x) < 700) || x === 0) return Math.exp(x);
  // 2^1074 makes an integer of any double; what lies below the last bit kept is of no account.
  const fixed = toFixed(x);
  const power = fixed / log2;
  const rest = fixed - power * log2;
  let term = one;
  let sum = one;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * rest) / one / k;
    sum += term;
  }
  return toNumber(sum) * 2 ** Number(power);
}

/** atanh of a fixed-point number well below 1. */
function inverseTangent(t: bigint): bigint {
  const square = (t * t) >> bits;
  let power = t;
  let sum = t;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = (power * square) >> bits;
    sum += power / k;
  }
  return sum;
}

function toFixed(x: number): bigint {
  const whole = Math.trunc(x);
  return (
    (BigInt(whole) << bits) + (BigInt(Math.trunc((x - whole) * 2 ** 60)) << (bits - 60n)) + BigInt(rest(x - whole))
  );
}

/** What the 60 bits of `toFixed` leave of a fraction, in units of 2^-160. */
function rest(fraction: number): number {
  const scaled = fraction * 2 ** 60;
  return Math.trunc((scaled - Math.trunc(scaled)) * 2 ** 100);
}

/** Number() rounds a bigint to the nearest double. */
function toNumber(fixed: bigint): number {
  return Number(fixed) / 2 ** 80 / 2 ** 80;
}
