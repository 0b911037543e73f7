// The content hash of a prompt, as docs/reference/content-hash.md defines it.

import { createHash } from "node:crypto";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Hash a prompt: an object with the keys of a prompt file, and `text` or `messages`. */
export function contentHash(prompt: JsonObject, kind: string | null = null): string {
  const bytes = canonicalJson(canonicalForm(prompt, kind));
  return "sha256:" + createHash("sha256").update(bytes, "utf8").digest("hex");
}

/** The object that is hashed: what changes behaviour, without what is null or empty. */
export function canonicalForm(prompt: JsonObject, kind: string | null): JsonObject {
  const messages = prompt.messages as JsonObject[] | undefined;
  const form: JsonObject = {
    type: messages ? "chat" : "text",
    text: messages ? null : prompt.text,
    messages: messages ? messages.map(stated) : null,
    model: prompt.model,
    params: stated((prompt.params ?? {}) as JsonObject),
    tools: prompt.tools,
    response_format: prompt.response_format,
    template: prompt.template === "mustache" ? null : prompt.template,
  };
  if (kind !== null) {
    const { slug: _slug, name: _name, ...table } = (prompt[kind] ?? {}) as JsonObject;
    form[kind] = stated(table);
  }
  return stated(form);
}

/** RFC 8785. JavaScript writes numbers and text, and sorts keys, as it demands. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
}

/** Leave out null members at any depth, then the members that are empty. */
function stated(value: JsonObject): JsonObject {
  const members = Object.entries(withoutNull(value) as JsonObject);
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member)));
}

function withoutNull(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => (member ?? null) !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNull(member)]));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: Json): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}
