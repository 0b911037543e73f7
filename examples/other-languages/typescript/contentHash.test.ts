// node --test contentHash.test.ts

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { canonicalForm, canonicalJson, contentHash } from "./contentHash.ts";

const file = process.env.VECTORS ?? "../../../docs/reference/content-hash-vectors.json";
const vectors = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));

for (const { description, prompt, kind, canonical, hash } of vectors) {
  test(description, () => {
    assert.equal(canonicalJson(canonicalForm(prompt, kind)), canonical);
    assert.equal(contentHash(prompt, kind), hash);
  });
}
