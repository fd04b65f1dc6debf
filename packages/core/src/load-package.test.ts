import { expect, test } from "vitest";
import { loadPackage } from "./load-package.js";

test("gives what is there, and says how to install what is not", async () => {
  expect(await loadPackage("odd", "there", () => Promise.resolve(1))).toBe(1);
  const absent = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  await expect(
    loadPackage("odd", "absent", () => Promise.reject(absent), { install: "absent@2" }),
  ).rejects.toMatchObject({
    code: "missing_package",
    message: "[odd] This needs the package absent: npm install absent@2",
    details: { package: "absent" },
    cause: absent,
  });
});

test("a package that does not load is told as it is", async () => {
  const broken = new Error("GLIBC_2.99 not found");
  await expect(loadPackage("odd", "broken", () => Promise.reject(broken))).rejects.toBe(broken);
});
