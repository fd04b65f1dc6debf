import {
  alreadyExists,
  backOff,
  type ModelkeepError,
  type ObjectInfo,
  throwIfAborted,
  unknownOutcome,
} from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { headObject, type Place } from "./describe.js";
import { explain } from "./explain.js";
import { classify } from "./failure.js";

export interface Write {
  readonly place: Place;
  /** What the object's metadata will say if this write made it. */
  readonly token: string;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
  /** One try, which makes the whole object visible at once. */
  send(): Promise<ObjectInfo>;
  /** Whether an error means that not this try but everything before it must be done again. */
  startsOver?(code: string, status: number | undefined): boolean;
}

/** Thrown when a write must be begun again from its first request. */
export class StartOver extends Error {}

/**
 * Brings a write to a known outcome. An answer that never came says nothing: the object is looked at, and a token in
 * its metadata tells whether it is this write's. So is a refusal, for it may be the first try that stands in the way of
 * the second. 412 means that the key is taken; 409 that another write is under way, whose outcome decides.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export async function settle(connection: Connection, write: Write): Promise<ObjectInfo> {
  const { place, signal, ifAbsent } = write;
  const { policy } = connection;
  let doubtful = false;
  for (let failures = 0; ;) {
    try {
      return await write.send();
    } catch (error) {
      throwIfAborted(signal);
      const { code, status, transient, uncertain } = classify(error);
      const startsOver = write.startsOver?.(code, status) === true;
      const refused = ifAbsent && (status === 412 || (status === 409 && transient));
      doubtful ||= uncertain;
      if (doubtful || refused || startsOver) {
        const found = await lookAgain(connection, write, error, doubtful);
        if (found !== undefined) return found;
      }
      if (startsOver) throw new StartOver(code, { cause: error });
      if (!(transient || refused) || ++failures >= policy.attempts)
        throw doubtful ? unknown(place.key, error) : explain(error, `write ${place.key}`, connection);
      await backOff(policy, failures, signal);
    }
  }
}

/** What this write has made, or undefined when the key is free or may be overwritten. */
async function lookAgain(
  connection: Connection,
  { place, token, ifAbsent, signal }: Write,
  error: unknown,
  doubtful: boolean,
): Promise<ObjectInfo | undefined> {
  let found;
  try {
    found = await headObject(connection, place, signal);
  } catch (second) {
    throwIfAborted(signal);
    throw doubtful ? unknown(place.key, error) : second;
  }
  if (found?.token === token) return found.info;
  if (found !== undefined && ifAbsent) throw alreadyExists("s3", place.key, error);
  return undefined;
}

function unknown(key: string, cause: unknown): ModelkeepError {
  return unknownOutcome("s3", key, "the service did not say", cause);
}
