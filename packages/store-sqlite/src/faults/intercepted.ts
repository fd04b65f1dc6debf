import type { Connection } from "../database.js";

/** Called in place of each call to SQLite, with the name of it or the first word of its query; makes the call, or does not. */
export type Intercept = <T>(what: string, call: () => T) => T;

/** A connection each of whose calls goes through `intercept`. Closing and rolling back do not: what a process has can always be let go. */
export function intercepted(connection: Connection, intercept: Intercept): Connection {
  const wordOf = (query: string): string => query.trim().split(/[\s;(]/u, 1)[0]!;
  return {
    get isOpen() {
      return connection.isOpen;
    },
    get isTransaction() {
      return connection.isTransaction;
    },
    close: () => connection.close(),
    exec: (query) => {
      if (query === "ROLLBACK") connection.exec(query);
      else intercept(wordOf(query), () => connection.exec(query));
    },
    prepare(query) {
      const statement = intercept("prepare", () => connection.prepare(query));
      return new Proxy(statement, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (typeof value !== "function") return value;
          const call = value as (...values: unknown[]) => unknown;
          if (name !== "run" && name !== "get" && name !== "all") return call.bind(target);
          return (...values: unknown[]) => intercept(wordOf(query), () => call.apply(target, values));
        },
      });
    },
  };
}
