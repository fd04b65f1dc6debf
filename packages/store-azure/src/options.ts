import { checkKey, ModelkeepError } from "@modelkeep/core";
import type { StorageSharedKeyCredential } from "@azure/storage-blob";

/** What `@azure/identity` makes, and other sources of tokens. */
export interface TokenSource {
  getToken(scopes: string | string[], options?: object): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** Which container, and how it is reached. */
export interface AzureStoreOptions {
  readonly container: string;
  /** Where in the container everything lies. */
  readonly prefix?: string | undefined;
  /** The storage account. Default: AZURE_STORAGE_ACCOUNT, or what the connection string says. */
  readonly account?: string | undefined;
  /** Default: `https://<account>.blob.core.windows.net`. */
  readonly endpoint?: string | undefined;
  /** Default: AZURE_STORAGE_CONNECTION_STRING. */
  readonly connectionString?: string | undefined;
  /** Default: AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, else what `@azure/identity` finds, if it is installed. */
  readonly credential?: TokenSource | StorageSharedKeyCredential | undefined;
  /** Bytes of one block. Default 8 MiB. */
  readonly blockSize?: number | undefined;
  /** Blocks that are sent side by side. Default 4. */
  readonly concurrency?: number | undefined;
  /** How often a request is tried. Default 6. */
  readonly attempts?: number | undefined;
}

export interface Settings extends AzureStoreOptions {
  /** The prefix with its "/", or nothing. */
  readonly root: string;
  readonly blockSize: number;
  readonly concurrency: number;
  readonly attempts: number;
}

export function readOptions(options: AzureStoreOptions): Settings {
  const { container, prefix = "", blockSize = 8 << 20, concurrency = 4, attempts = 6 } = options;
  if (!/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(container))
    throw new ModelkeepError(
      "invalid_input",
      `[azure] ${JSON.stringify(container)} is no name of a container: 3 to 63 small letters, digits and single "-"`,
    );
  if (prefix !== "") checkKey(prefix);
  return { ...options, root: prefix === "" ? "" : `${prefix}/`, blockSize, concurrency, attempts };
}

/** `azure://ACCOUNT/CONTAINER/PREFIX?endpoint=…`. Credentials do not belong into a URL. */
export function parseAzureUrl(text: string): AzureStoreOptions {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ModelkeepError(
      "invalid_input",
      `[azure] ${JSON.stringify(text)} is no URL: azure://ACCOUNT/CONTAINER/PREFIX`,
      {
        cause,
      },
    );
  }
  const [, container = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
  const unknown = [...url.searchParams.keys()].find((name) => name !== "endpoint");
  if (url.username !== "" || url.password !== "" || unknown !== undefined)
    throw new ModelkeepError(
      "invalid_input",
      unknown === undefined
        ? "[azure] Credentials do not belong into a URL: use AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or @azure/identity"
        : `[azure] A URL has no parameter ${JSON.stringify(unknown)}, only endpoint`,
    );
  const endpoint = url.searchParams.get("endpoint");
  const prefix = rest.filter((part) => part !== "").join("/");
  return {
    account: url.hostname,
    container,
    ...(prefix !== "" && { prefix }),
    ...(endpoint !== null && { endpoint }),
  };
}
