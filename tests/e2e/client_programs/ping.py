# SPDX-License-Identifier: MIT
"""One message with the official Python SDK, everything taken from the environment."""

import anthropic

client = anthropic.Anthropic(max_retries=0, timeout=20)
reply = client.messages.create(model="claude-test", max_tokens=8, messages=[{"role": "user", "content": "ping"}])
print(reply.content[0].text)
