import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { HelpWanted, readOptions, type Usage } from "./options.ts";
import { showProgress } from "./progress.ts";

const usage = {
  name: "logs",
  words: "[PROCESS]…",
  mostWords: 2,
  about: "What the processes wrote.",
  options: {
    follow: { type: "boolean", short: "f", text: "go on" },
    tail: { type: "string", value: "LINES", default: "50", text: "how many" },
  },
} satisfies Usage;

test("a command line gives its values, and what it was not asked for is refused by name", () => {
  const { values, positionals } = readOptions(["-f", "agent", "--name", "two"], usage);
  assert.deepEqual([values.follow, values.tail, values.name, positionals], [true, "50", "two", ["agent"]]);
  assert.throws(
    () => readOptions(["--fellow"], usage),
    /Unknown option '--fellow'; this command takes --follow, --tail, --name, --help \(see: spoke logs --help\)/,
  );
  assert.throws(() => readOptions(["a", "b", "c"], usage), /"c" is a word too many: spoke logs \[options\] \[PROCESS\]…/);
  assert.throws(
    () => readOptions(["now"], { name: "up", about: "" }),
    /"now" is a word too many: spoke up \[options\] \(see: spoke up --help\)/,
  );
});

test("the help tells of every option, in the place of any other answer", () => {
  const help = (words: string[]) => {
    try {
      readOptions(words, usage);
    } catch (error) {
      assert.ok(error instanceof HelpWanted);
      return error.message;
    }
    return assert.fail("no help");
  };
  assert.equal(help(["-h"]), help(["too", "many", "words", "--help"]));
  assert.match(
    help(["--help"]),
    /^What the processes wrote\.\n\nusage: spoke logs \[options\] \[PROCESS\]…\n\n {2}-f, --follow {6}go on\n {6}--tail LINES {2}how many \(default 50\)\n/,
  );
});

async function shown(isTTY: boolean, seconds: number): Promise<string> {
  const clock = new VirtualClock();
  let text = "";
  const progress = showProgress(clock, { isTTY, columns: 60, write: (part) => (text += part) });
  const work = progress.during("loading images", async (at) => {
    at(1, 4);
    await clock.sleep(seconds * 1000);
  });
  await clock.advance(seconds * 1000 + 100);
  await work;
  progress.say("done");
  assert.equal(clock.waiting, 0, "nothing goes on drawing");
  return text;
}

test("in a pipe long work says now and then that it goes on, short work says nothing", async () => {
  assert.equal(await shown(false, 1), "  1.1s  done\n");
  assert.equal(
    await shown(false, 25),
    [
      "  3.0s  loading images … (for 3 s, 1 of 4)",
      " 13.0s  loading images … (for 13 s, 1 of 4)",
      " 23.0s  loading images … (for 23 s, 1 of 4)",
      " 25.1s  done",
      "",
    ].join("\n"),
  );
});

test("in a terminal a bar moves, never wider than the screen, and is gone in the end", async () => {
  const text = await shown(true, 1);
  assert.ok(text.includes("[#####...............] 1/4 loading images"));
  const frames = text.split("\r\x1b[2K");
  assert.ok(frames.length > 8 && frames.every((frame) => frame.length < 60));
  assert.equal(frames.at(-1), "  1.1s  done\n");
});
