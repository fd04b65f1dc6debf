import { ModelkeepError } from "@modelkeep/core";

/** A time as people write it. A date alone is its first moment in UTC, or with `end` the first one after it. */
export function readTime(text: string, end = false): Date {
  const day = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const time = new Date(day ? `${text}T00:00:00.000Z` : text);
  if (Number.isNaN(time.getTime()))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(text)} is no date: write 2026-03-03 or 2026-03-03T12:00:00Z`,
    );
  return day && end ? new Date(time.getTime() + 86_400_000) : time;
}
