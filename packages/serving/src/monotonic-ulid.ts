import { isUlid, ulid } from "@modelkeep/registry";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const digits = 16;
const pairs = Array.from({ length: 1024 }, (_, at) => alphabet[at >> 5]! + alphabet[at & 31]!);

/**
 * ULIDs in rising order from one place, also within a millisecond and when the clock goes back: the last four digits count up
 * from a random number.
 */
export function monotonicUlids(now: () => number = Date.now): () => string {
  let time = -1;
  let head = "";
  let count = 0;
  return () => {
    const current = now();
    if (current > time || count === 1 << 20) {
      time = Math.max(current, time + 1);
      const fresh = ulid(new Date(time));
      head = fresh.slice(0, 22);
      // From the lower half: there is room for half a million in a millisecond.
      count = (pairs.indexOf(fresh.slice(22, 24)) << 9) | (pairs.indexOf(fresh.slice(24)) >> 1);
    }
    const id = head + pairs[count >> 10]! + pairs[count & 1023]!;
    count++;
    return id;
  };
}

/** Whether a text could be the id of a prediction: it is a ULID. */
export function isPredictionId(text: string): boolean {
  return isUlid(text);
}

/** Milliseconds since 1970 that a ULID begins with. */
export function ulidTime(id: string): number {
  let time = 0;
  for (let at = 0; at < 10; at++) time = time * 32 + alphabet.indexOf(id[at]!);
  return time;
}

/** The least ULID of a time: what a range begins with. */
export function firstUlid(time: number): string {
  return ulid(new Date(time)).slice(0, 10) + "0".repeat(digits);
}
