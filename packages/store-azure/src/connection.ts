import { checkKey, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { BlockBlobClient, ContainerClient, StoragePipelineOptions } from "@azure/storage-blob";

import { explain } from "./failure.js";
import { defaultCredential, loadSdk } from "./load-package.js";
import type { Settings } from "./options.js";

export type Calls = { readonly abortSignal?: AbortSignal };

/** The way to one container. The client is loaded and made with the first request; it tries again by itself. */
export class Connection {
  readonly settings: Settings;
  #container: Promise<ContainerClient> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** "container of account": for messages. */
  get where(): string {
    return `the container ${this.settings.container}`;
  }

  container(): Promise<ContainerClient> {
    return (this.#container ??= this.#open().catch((error: unknown) => {
      this.#container = undefined;
      throw error;
    }));
  }

  async blob(key: string): Promise<BlockBlobClient> {
    checkKey(key);
    return (await this.container()).getBlockBlobClient(this.settings.root + key);
  }

  /** One request, or several; errors are explained. */
  async call<T>(doing: string, signal: AbortSignal | undefined, request: (calls: Calls) => Promise<T>): Promise<T> {
    try {
      return await this.once(signal, request);
    } catch (error) {
      throw explain(error, doing, this.where);
    }
  }

  /** The same, with the client's own errors. */
  async once<T>(signal: AbortSignal | undefined, request: (calls: Calls) => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    try {
      return await request(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }

  async #open(): Promise<ContainerClient> {
    const sdk = await loadSdk();
    const { container, attempts, endpoint, credential } = this.settings;
    const environment = process.env;
    const options: StoragePipelineOptions = {
      retryOptions: { maxTries: attempts, tryTimeoutInMs: 60_000, retryDelayInMs: 200, maxRetryDelayInMs: 10_000 },
      keepAliveOptions: { enable: true },
    };
    const account = this.settings.account ?? environment["AZURE_STORAGE_ACCOUNT"];
    const text =
      this.settings.connectionString ??
      (credential === undefined && this.settings.account === undefined
        ? environment["AZURE_STORAGE_CONNECTION_STRING"]
        : undefined);
    if (text !== undefined) return new sdk.ContainerClient(text, container, options);
    if (account === undefined && endpoint === undefined)
      throw new ModelkeepError(
        "invalid_input",
        "[azure] Which account? Give `account` or `connectionString`, or set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING",
      );
    const url = new URL(`${(endpoint ?? `https://${account}.blob.core.windows.net`).replace(/\/$/u, "")}/${container}`);
    const [key, sas] = [environment["AZURE_STORAGE_KEY"], environment["AZURE_STORAGE_SAS_TOKEN"]];
    if (credential !== undefined) return new sdk.ContainerClient(url.href, credential as never, options);
    if (key !== undefined && account !== undefined)
      return new sdk.ContainerClient(url.href, new sdk.StorageSharedKeyCredential(account, key), options);
    if (sas !== undefined) {
      url.search = sas;
      return new sdk.ContainerClient(url.href, new sdk.AnonymousCredential(), options);
    }
    return new sdk.ContainerClient(url.href, (await defaultCredential()) as never, options);
  }
}
