import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandOf, findCommand } from "./find-command.ts";
import { helpText } from "./help.ts";

/** Flags with their defaults, and what else a table can hold of a help text. */
function outline(text: string): string[] {
  const first = (pattern: RegExp) => pattern.exec(text)?.[1];
  const usage = first(/^Usage:\n {2}(.*)$/m);
  const aliases = first(/^Aliases:\n(.*)$/m);
  const below = first(/^Available Commands:\n((?: {2}\S.*\n)+)/m);
  const flags = [...text.matchAll(/^ {4}(-\w, )?--([\w-]+)(?:=(.*))?:$/gm)]
    .map(([, short, name, value]) => ({ name: name!, line: `${short ? `${short.slice(0, 2)} ` : ""}--${name}=${value ?? "None"}` }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    ...(usage ? [`usage ${usage}`] : []),
    ...(aliases ? [`aliases ${aliases}`] : []),
    ...(below
      ? [
          `below ${below
            .trim()
            .split("\n")
            .map((line) => line.trim().split(" ")[0])
            .join(" ")}`,
        ]
      : []),
    ...flags.map(({ line }) => line),
  ];
}

test("every command's help has upstream's usage, names and flags with their defaults", async () => {
  const table = readFileSync(join(import.meta.dirname, "../../tests/kubectl/help.txt"), "utf8");
  const commands = table.split(/^== /m).slice(1);
  assert.ok(commands.length > 100);
  for (const entry of commands) {
    const [command = "", ...expected] = entry.trimEnd().split("\n");
    const { path, node } = findCommand(command.split(" "));
    const text = await helpText(path, node, await commandOf(node, {}));
    assert.deepEqual([path.join(" "), ...outline(text)], [command, ...expected]);
    if (node?.load && command !== "options") assert.match(text, /^Examples:\n {2}\S/m, command);
  }
});
