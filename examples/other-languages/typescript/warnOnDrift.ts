// Warns where Braintrust serves something else than the bundle that this service was deployed with.

import { readFile } from "node:fs/promises";

import { contentHash, type Json, type JsonObject } from "./contentHash.ts";

type Warn = (message: string) => void;

interface Bundle {
  registry: { project: string; alias?: string };
  prompts: { name: string; served_name: string; content_hash: string }[];
}

/** Compare once, within a deadline. Never rejects: call it without waiting for it. */
export async function warnOnDrift(file: string, warn: Warn = console.warn, milliseconds = 2000) {
  try {
    const bundle: Bundle = JSON.parse(await readFile(file, "utf8"));
    const deadline = AbortSignal.timeout(milliseconds);
    await Promise.all(
      bundle.prompts.map(async ({ name, served_name, content_hash }) => {
        const served = await servedHash(bundle, served_name, deadline);
        if (served !== content_hash) {
          warn(`\`${name}\` is not what was deployed: deployed ${content_hash}, served ${served}`);
        }
      }),
    );
  } catch (error) {
    warn(`the prompts were not checked: ${error instanceof Error ? error.message : error}`);
  }
}

async function servedHash({ registry }: Bundle, slug: string, signal: AbortSignal) {
  const { BRAINTRUST_API_URL = "https://api.braintrust.dev", BRAINTRUST_API_KEY } = process.env;
  const query = new URLSearchParams({ project_name: registry.project, slug, limit: "1" });
  if (registry.alias) query.set("environment", registry.alias);
  const headers = { Authorization: `Bearer ${BRAINTRUST_API_KEY}` };
  const response = await fetch(`${BRAINTRUST_API_URL}/v1/prompt?${query}`, { headers, signal });
  // The body of an error stays unread: Braintrust's carry the caller's e-mail address.
  if (!response.ok) throw new Error(`Braintrust answered ${response.status}`);
  const [found] = (await response.json()).objects;
  return found ? contentHash(fromBraintrust(found), "braintrust") : "nothing";
}

/** Name the parts of a prompt as a prompt file does. */
function fromBraintrust(found: JsonObject): JsonObject {
  const data = (found.prompt_data ?? {}) as { [key: string]: any };
  const { prompt = {}, options = {}, template_format, parser, tool_functions, mcp, preprocessor } = data;
  const { response_format, ...params } = options?.params ?? {};
  const content = prompt?.type === "chat" ? { messages: prompt.messages } : { text: prompt?.content ?? "" };
  const { endpoint_name } = options ?? {};
  const { function_type } = found;
  return {
    ...content,
    model: options?.model,
    params,
    response_format,
    tools: readTools(prompt?.tools),
    template: template_format === "nunjucks" ? "jinja2" : template_format ?? "mustache",
    braintrust: { parser, tool_functions, mcp, preprocessor, endpoint_name, function_type },
  };
}

/** Braintrust keeps tools as JSON text; what is no list stays the text it is. */
function readTools(text: string | null | undefined): Json {
  try {
    const tools = JSON.parse(text ?? "null");
    return Array.isArray(tools) ? tools : text ?? null;
  } catch {
    return text ?? null;
  }
}
