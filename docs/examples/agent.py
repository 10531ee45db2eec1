"""An agent in a review session: it joins, waits for questions, and answers them.

It needs Python and the program `chatter-tui`, nothing else:

    CHATTER_INVITE='chatter://...' python3 agent.py --name helper

Arguments go to `chatter-tui join`. What it says is decided by `answer` alone: call a model there.
docs/headless.md has every command and event.
"""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path


def answer(question, document):
    """What to answer; None for nothing. Here: the sentence with the most words of the question."""
    asked = set(re.findall(r"\w{4,}", question.casefold()))
    sentences = re.split(r"(?<=[.!?])\s+|\n\s*\n", document)
    best = max(sentences, key=lambda s: len(asked & set(re.findall(r"\w{4,}", s.casefold()))))
    if not asked & set(re.findall(r"\w{4,}", best.casefold())):
        return None
    return "The document says: " + " ".join(best.split())


class Agent:
    """One session: the process, the blocks as they are, and the questions it has seen to."""

    def __init__(self, arguments):
        command = ["chatter-tui", "join", "--headless", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.blocks, self.seen = {}, set()
        self.me = None

    def do(self, name, **fields):
        print(json.dumps({"do": name, **fields}), file=self.process.stdin, flush=True)

    def run(self):
        for line in self.process.stdout:
            event = json.loads(line)
            handle = getattr(self, "on_" + event["event"], None)
            if handle:
                handle(event)
        return self.process.wait()

    def on_ready(self, event):
        self.me, self.document = event, Path(event["document"])

    def on_block_added(self, event):
        self.blocks[event["id"]] = event["block"]
        if self.me and event["peer"]:  # what was there before waits for `synced`
            self.consider(event["id"])

    on_block_changed = on_block_added

    def on_block_deleted(self, event):
        self.blocks.pop(event["id"], None)

    def on_synced(self, _event):
        for id_ in list(self.blocks):  # those of before, and those one missed while away
            self.consider(id_)

    def on_rejected(self, event):
        print(f"rejected: {event['reason']}", file=sys.stderr)

    def on_error(self, event):
        print(event["message"], file=sys.stderr)

    def on_ended(self, event):
        print(f"ended: {event['reason']}", file=sys.stderr)

    def consider(self, id_):
        """Answer an open question once, and whoever asks for this agent by its name."""
        block = self.blocks[id_]
        called = f"@{self.me['name']}" in block["content"]
        if block.get("author") == self.me["name"] or block.get("status") == "resolved":
            return
        if not (block["type"] == "question" or called) or self.has_answered(id_):
            return
        self.seen.add(id_)
        self.do("presence", block=id_, typing=True)  # people see that somebody is at it
        text = answer(block["content"], self.document.read_text(encoding="utf-8"))
        if text or called:
            content = text or "I found nothing about this in the document."
            reply = {"parent_id": id_, "type": "ai_feedback", "content": content}
            self.do("add", block={**reply, "metadata": {"confidence": "low"}})
        self.do("presence")

    def has_answered(self, id_):
        return id_ in self.seen or any(
            block.get("parent_id") == id_ and block.get("author") == self.me["name"]
            for block in self.blocks.values()
        )


if __name__ == "__main__":
    agent = Agent(sys.argv[1:])
    # The program would go on without this script otherwise.
    signal.signal(signal.SIGTERM, lambda *_: agent.process.terminate())
    try:
        sys.exit(agent.run())
    except KeyboardInterrupt:  # which the process has heard, too, and leaves the session
        sys.exit(agent.process.wait())
