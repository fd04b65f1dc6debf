/** Does what a reader does not depend on: its failure is told to whoever asked to be told, and gives `undefined`. */
export type Quietly = <T>(work: () => Promise<T>) => Promise<T | undefined>;

export function quietly(trouble: (error: unknown) => void): Quietly {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      trouble(error);
      return undefined;
    }
  };
}
