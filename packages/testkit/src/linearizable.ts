/** One call to an object that several clients share, as one of them saw it. */
export interface Call<Input, Output> {
  readonly client: number | string;
  readonly input: Input;
  /** What it was answered; undefined when it may have happened or not, at any time after it was made. */
  readonly output: Output | undefined;
  /** By a clock that all clients share: made before `from`, answered after `to`. */
  readonly from: number;
  readonly to: number;
}

/** What an object does when nobody else uses it. */
export interface Sequential<State, Input, Output> {
  readonly initial: State;
  /** The state after a call, or undefined when it could not have been answered so. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** The same for states that are the same. */
  key(state: State): string;
}

/**
 * Whether the calls of a history could have happened one after the other, each at some moment between its beginning and
 * its end, with the answers that they had: Herlihy and Wing, "Linearizability", 1990. The search is that of Wing and Gong
 * with the memory of Lowe, "Testing for linearizability", 2017. Resolves to an order, or to undefined when there is none.
 */
export function linearize<State, Input, Output>(
  history: readonly Call<Input, Output>[],
  object: Sequential<State, Input, Output>,
): readonly Call<Input, Output>[] | undefined {
  const calls = history.toSorted((a, b) => a.from - b.from);
  const endOf = ({ output, to }: Call<Input, Output>): number => (output === undefined ? Infinity : to);
  const needed = calls.reduce(
    (mask, { output }, index) => (output === undefined ? mask : mask | (1n << BigInt(index))),
    0n,
  );
  const seen = new Set<string>();
  const order: Call<Input, Output>[] = [];

  function search(done: bigint, state: State): boolean {
    if ((done & needed) === needed) return true;
    const memory = `${done.toString(36)} ${object.key(state)}`;
    if (seen.has(memory)) return false;
    seen.add(memory);
    let firstEnd = Infinity;
    for (const [index, call] of calls.entries())
      if ((done & (1n << BigInt(index))) === 0n) firstEnd = Math.min(firstEnd, endOf(call));
    for (const [index, call] of calls.entries()) {
      // Whoever began after another had ended comes after it.
      if (call.from > firstEnd) break;
      const bit = 1n << BigInt(index);
      if ((done & bit) !== 0n) continue;
      const next = object.step(state, call.input, call.output);
      if (next === undefined) continue;
      order.push(call);
      if (search(done | bit, next)) return true;
      order.pop();
    }
    return false;
  }

  return search(0n, object.initial) ? order : undefined;
}
