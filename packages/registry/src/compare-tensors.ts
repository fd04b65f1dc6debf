import { dtypeKind, tensorElements, type Tensor, type TensorMap } from "@modelkeep/core";

export interface TensorComparison {
  readonly ok: boolean;
  /** The largest |a - b| / max(1, |b|) of any float; for other elements the count that differ. */
  readonly worst: number;
  /** `name[i, j]` of the worst element, when any differs. */
  readonly worstAt?: string | undefined;
  readonly message?: string | undefined;
}

/** Holds outputs to expected ones: floats by |a - b| <= bound x max(1, |b|), NaN equal to NaN, everything else exactly. */
export function compareTensors(actual: TensorMap, expected: TensorMap, bound: number): TensorComparison {
  let worst = 0;
  let worstAt: string | undefined;
  for (const [name, wanted] of expected) {
    const given = actual.get(name);
    if (given === undefined) return failed(`the output "${name}" is missing`);
    if (given.dtype !== wanted.dtype || given.shape.join() !== wanted.shape.join())
      return failed(`the output "${name}" is ${form(given)}, not ${form(wanted)}`);
    const floats = dtypeKind(wanted.dtype) === "float" || dtypeKind(wanted.dtype) === "complex";
    const left = tensorElements(given);
    const right = tensorElements(wanted);
    for (const [index, b] of right.entries()) {
      const a = left[index]!;
      if (Object.is(a, b) || a === b) continue;
      const distance = floats ? relative(Number(a), Number(b)) : Infinity;
      if (distance > worst) {
        worst = distance;
        worstAt = `${name}[${position(index, wanted).join(", ")}]`;
        if (!floats) return { ok: false, worst, worstAt, message: `${worstAt} is ${String(a)}, not ${String(b)}` };
      }
    }
  }
  if (worst <= bound) return { ok: true, worst, worstAt };
  return { ok: false, worst, worstAt, message: `${worstAt} is off by ${worst}, more than ${bound}` };
}

function relative(a: number, b: number): number {
  const distance = Math.abs(a - b) / Math.max(1, Math.abs(b));
  return Number.isNaN(distance) ? Infinity : distance;
}

function position(index: number, { shape }: Tensor): number[] {
  const result: number[] = [];
  for (let at = shape.length - 1, rest = index; at >= 0; at--) {
    result.unshift(rest % shape[at]!);
    rest = Math.floor(rest / shape[at]!);
  }
  return result;
}

function form({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join(", ")}]`;
}

function failed(message: string): TensorComparison {
  return { ok: false, worst: Infinity, message };
}
