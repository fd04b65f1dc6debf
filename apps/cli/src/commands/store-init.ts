import type { Context } from "../context.js";
import { initStore } from "../store-url.js";

export async function run(context: Context): Promise<void> {
  const { url } = await context.place(context.arguments[0]);
  const made = await initStore(url.replace(/^age\+/u, ""));
  const text = made === undefined ? "This kind of store needs nothing" : made ? "Made" : "It was there already";
  context.output.result({ made: made === true }, text);
}
