import { putToken } from "./head-object.js";

/** One put: where it goes, and how it is known again. */
export interface Write {
  readonly key: string;
  readonly token: string;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What the request that makes the object visible says about it. */
export function headersOf({ token, ifAbsent }: Write) {
  return { metadata: { [putToken]: token }, ...(ifAbsent && { conditions: { ifNoneMatch: "*" } }) };
}
