// SPDX-License-Identifier: MIT
// One message with the official Agent SDK for TypeScript, which starts the claude it brings along.
// The package has no entry for require(), and import does not look in NODE_PATH.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const place = join(process.env.NODE_PATH, "@anthropic-ai", "claude-agent-sdk", "sdk.mjs");
const { query } = await import(pathToFileURL(place));

for await (const message of query({ prompt: "ping" })) {
  if (message.type === "result") {
    console.log(message.result);
  }
}
