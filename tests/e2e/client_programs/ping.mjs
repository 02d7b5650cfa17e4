// SPDX-License-Identifier: MIT
// One message with the official TypeScript SDK, everything taken from the environment.
// The package is found through NODE_PATH, which only require() honours.
import { createRequire } from "node:module";

const { default: Anthropic } = createRequire(import.meta.url)("@anthropic-ai/sdk");

const client = new Anthropic({ maxRetries: 0, timeout: 20000 });
const reply = await client.messages.create({
  model: "claude-test",
  max_tokens: 8,
  messages: [{ role: "user", content: "ping" }],
});
console.log(reply.content[0].text);
