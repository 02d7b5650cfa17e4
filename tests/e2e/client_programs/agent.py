# SPDX-License-Identifier: MIT
"""One message with the official Agent SDK for Python, which starts the claude it brings along."""

import asyncio

import claude_agent_sdk


async def ask():
    async for message in claude_agent_sdk.query(prompt="ping"):
        if isinstance(message, claude_agent_sdk.ResultMessage):
            print(message.result)


asyncio.run(ask())
