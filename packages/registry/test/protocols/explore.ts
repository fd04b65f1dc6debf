/** One thing that may happen next, and the state after it. */
export interface Step<S> {
  readonly label: string;
  readonly state: S;
}

export interface Exploration {
  /** Distinct states that were reached. */
  readonly states: number;
  /** The first state that breaks the rule, and one way to reach it. */
  readonly violation?: { readonly message: string; readonly trace: readonly string[] };
}

/**
 * Every state that can be reached from `initial`, each visited once. States are plain JSON values; `fault` says what is
 * wrong with one. Nothing is sampled: without a violation there is none within the bounds of the model.
 */
export function explore<S>(
  initial: S,
  next: (state: S) => Iterable<Step<S>>,
  fault: (state: S) => string | undefined,
): Exploration {
  const seen = new Map<string, { readonly from: string; readonly label: string }>();
  const key = JSON.stringify(initial);
  seen.set(key, { from: "", label: "" });
  const open = [key];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const state = JSON.parse(at) as S;
    const message = fault(state);
    if (message !== undefined) return { states: seen.size, violation: { message, trace: traceTo(at, seen) } };
    for (const step of next(state)) {
      const reached = JSON.stringify(step.state);
      if (seen.has(reached)) continue;
      seen.set(reached, { from: at, label: step.label });
      open.push(reached);
    }
  }
  return { states: seen.size };
}

function traceTo(end: string, seen: ReadonlyMap<string, { readonly from: string; readonly label: string }>): string[] {
  const trace: string[] = [];
  for (let at = end; ;) {
    const step = seen.get(at)!;
    if (step.from === "") return trace.reverse();
    trace.push(step.label);
    at = step.from;
  }
}
