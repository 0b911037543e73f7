"""An evaluation in its smallest form: how long are the notifications that a model writes?"""

from __future__ import annotations

import asyncio

from assistant.app import open_prompts
from assistant.chat_model import open_model
from assistant.settings import Settings

CASES = (
    {"what": "Lunch with Grace moved to 13:00", "because": "", "is_private": False},
    {"what": "Leave for the airport", "because": "a strike on line 2", "is_private": False},
    {"what": "The results of the blood test are there", "because": "", "is_private": True},
)


async def main() -> None:
    settings = Settings.of()
    model = open_model(settings.model)
    with open_prompts(settings) as prompts:
        prompt = prompts.load("notification")
    answers = [await model.complete(**prompt.openai(name="Ada", **case)) for case in CASES]
    longest = max(map(len, answers))
    print(f"{prompt.name} (version {prompt.version}): {longest} characters at most")


if __name__ == "__main__":
    asyncio.run(main())
