import { expect, test } from "vitest";
import { backOff } from "./back-off.js";

const long = { firstDelay: 1e9, longestDelay: 1e9 };

test("ends with the signal, before it waits and while it does", async () => {
  await expect(backOff(long, 1, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
  await expect(backOff(long, 3, AbortSignal.timeout(5))).rejects.toMatchObject({ code: "aborted" });
});

test("waits no longer than the bound", async () => {
  const start = performance.now();
  await backOff({ firstDelay: 1, longestDelay: 2 }, 40, undefined);
  expect(performance.now() - start).toBeLessThan(1000);
});
