import { expectEqual, expectError } from "./expect.js";
import { expectAbsent, expectObject, noise, text, type StoreCase } from "./store-case.js";

const odd = [
  "percent%41", "percent%", "100%/%2e%2e/%2F", "per%63ent", "space in the middle", " space around ", "+plus&and=more?#hash",
  "quote\"'`", "<angle>|pipe*star:colon;", "tilde~^caret^2e", "~", "...", "..dots", "dots..", ".hidden", ".tmp/hidden",
  ".tmp", "-", "--help", "con", "nul.txt", "name.", "name.tmp", "emoji \u{1f600}/\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "\u4e2d\u6587/\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "__proto__", "constructor/prototype", "toString", "[bracket]{brace}$dollar!", "@at,comma(paren)",
] as const; // prettier-ignore

const invalid = [
  "", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "../a", "a/..", "a\\b", "..\\a", "a\u0000b", "a\nb", "\u007f",
  "half \ud83d", "\udc00 half", "x".repeat(256), `a/${"\u00e9".repeat(128)}`, `${"x/".repeat(501)}y`,
] as const; // prettier-ignore

export const keyCases: readonly StoreCase[] = [
  {
    name: "odd keys are kept apart and come back as they were",
    async run({ store, prefix }) {
      const keys = [...new Set(odd.map((name) => `${prefix}odd/${name.replace(/^\.tmp$/, ".tmp ")}`))];
      for (const [index, key] of keys.entries()) await store.put(key, text(`${index}`));
      for (const [index, key] of keys.entries()) await expectObject(store, key, text(`${index}`));
      const found = new Set<string>();
      for await (const { key } of store.list(`${prefix}odd/`)) found.add(key);
      expectEqual(keys.filter((key) => !found.has(key)).concat([`${found.size} listed`]), [`${keys.length} listed`], "odd keys that list lacks"); // prettier-ignore
      for (const key of keys) await store.delete(key);
      for await (const { key } of store.list(`${prefix}odd/`))
        expectEqual(key, undefined, "keys after all were deleted");
    },
  },
  {
    name: "odd keys also serve as the first segment",
    async run({ store, prefix }) {
      if (prefix !== "") return;
      for (const name of odd.filter((name) => name !== ".tmp")) await store.put(name, text(name));
      for (const name of odd.filter((name) => name !== ".tmp")) await expectObject(store, name, text(name));
    },
  },
  {
    name: "keys that differ by case or composition are different keys",
    async run({ store, prefix }) {
      const keys = ["Model", "model", "MODEL", "\u00e9", "e\u0301", "\ufb01", "fi", "stra\u00dfe", "strasse"];
      for (const key of keys) await store.put(`${prefix}apart/${key}`, text(key));
      for (const key of keys) await expectObject(store, `${prefix}apart/${key}`, text(key));
    },
  },
  {
    name: "long and deep keys work up to their limits",
    async run({ store, prefix }) {
      const room = 1000 - new TextEncoder().encode(prefix).length;
      const long = `${"\u00e9".repeat(127)}x`;
      const deep = "d/".repeat(200).slice(0, -1);
      const full = `${long}/${"y".repeat(255)}/${"z".repeat(255)}/${"w".repeat(255)}`
        .slice(0, room - 127)
        .replace(/\/$/, "");
      for (const [index, name] of ["x".repeat(255), long, deep, full].entries()) {
        await store.put(`${prefix}${name}`, noise(50, index + 1));
        await expectObject(store, `${prefix}${name}`, noise(50, index + 1));
        await store.delete(`${prefix}${name}`);
        await expectAbsent(store, `${prefix}${name}`, "after delete");
      }
    },
  },
  {
    name: "keys that break the grammar are refused by every verb",
    async run({ store, prefix }) {
      for (const key of invalid) {
        const what = JSON.stringify(key.slice(0, 20));
        await expectError(() => store.put(key, text("x")), "invalid_key", `put ${what}`);
        await expectError(() => store.get(key), "invalid_key", `get ${what}`);
        await expectError(() => store.head(key), "invalid_key", `head ${what}`);
        await expectError(() => store.delete(key), "invalid_key", `delete ${what}`);
        if (store.supports.lateKey)
          await expectError(() => store.put(() => key, text("x")), "invalid_key", `late ${what}`);
      }
      for (const cut of ["/", "a//b", "../", "a/../", "a\\", "\u0000", "\ud83d"])
        await expectError(
          async () => {
            for await (const _ of store.list(prefix + cut));
          },
          "invalid_key",
          `list ${JSON.stringify(cut)}`,
        );
    },
  },
  {
    name: "a key beneath another key is kept or refused, and harms nothing",
    async run({ store, prefix }) {
      await store.put(`${prefix}node`, text("above"));
      await store.put(`${prefix}tree/leaf`, text("below"));
      for (const key of [`${prefix}node/leaf`, `${prefix}tree`]) {
        await expectAbsent(store, key, "before it was written");
        await store.delete(key);
        try {
          await store.put(key, text("both"));
        } catch (error) {
          await expectError(Promise.reject(error), "invalid_key", `put ${key}`);
          await expectAbsent(store, key, "after it was refused");
          continue;
        }
        await expectObject(store, key, text("both"));
      }
      await expectObject(store, `${prefix}node`, text("above"));
      await expectObject(store, `${prefix}tree/leaf`, text("below"));
    },
  },
];
