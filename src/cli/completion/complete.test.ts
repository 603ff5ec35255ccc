import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import { completionsOf } from "./complete.ts";
import { does } from "./protocol.ts";
import { scripts } from "./scripts.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-complete-"));
test.after(() => rmSync(folder, { recursive: true }));
const config = join(folder, "config");
const contexts = ["blue", "green"].map((name) => `- {name: ${name}, context: {cluster: c-${name}, user: u-${name}}}`).join("\n");
writeFileSync(config, `apiVersion: v1\nkind: Config\ncontexts:\n${contexts}\nclusters: []\nusers: []\n`);

const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const io = () => ({
  stdin: Readable.from([]),
  stdout: silent(),
  stderr: silent(),
  env: { KUBECONFIG: config, PATH: folder },
  cwd: folder,
  clock: systemClock,
});
const names = (choices: string[]) => choices.map((choice) => choice.split("\t")[0]);

test("commands, flags, their values and names of the kubeconfig are offered", async () => {
  const table: [string[], string[], number][] = [
    [["rollout", "re"], ["restart", "resume"], does.noFiles],
    [["config", "use-context", ""], ["blue", "green"], does.noFiles],
    [["config", "use-context", "blue", ""], [], does.noFiles],
    [["--context", "g"], ["green"], does.noFiles],
    [["get", "pods", "--context=b"], ["blue"], does.noFiles],
    [["get", "-o", "js"], ["json", "jsonpath", "jsonpath-as-json", "jsonpath-file"], does.noFiles],
    [["get", "-oj"], [], does.noFiles],
    [["apply", "-f", ""], ["json", "yaml", "yml"], does.byExtension],
    [["get", "--output-w"], ["--output-watch-events"], does.noFiles],
    [["rollout", "status", "d"], ["deployment", "daemonset"], does.noFiles],
    [["rollout", "status", "deployment/x", "d"], [], does.noFiles],
    [["completion", ""], ["bash", "fish", "powershell", "zsh"], does.noFiles],
    [["get", "--help", ""], [], does.noFiles],
    [["run", "x", "-"], ["--image"], does.noFiles],
  ];
  for (const [words, choices, directive] of table) {
    const found = await completionsOf(words, io());
    assert.deepEqual([names(found.choices), found.directive], [choices, directive], words.join(" "));
  }
});

test("what was given is not offered again, unless it may be repeated", async () => {
  const flags = async (...words: string[]) => names((await completionsOf(words, io())).choices);
  assert.ok((await flags("get", "pods", "-")).includes("--namespace"));
  assert.ok(!(await flags("get", "-n", "x", "pods", "-")).includes("--namespace"));
  assert.ok((await flags("get", "-f", "x", "-")).includes("--filename"));
  assert.deepEqual(await flags("exec", "p", "--", "-"), []);
});

test("a command that is not there and a flag that is not known offer nothing", async () => {
  await assert.rejects(completionsOf(["nope", ""], io()), { message: "unable to find a command for arguments: [nope]" });
  await assert.rejects(completionsOf(["get", "--nope", ""], io()), {
    message: "Error while parsing flags from args [--nope]: unknown flag: --nope",
  });
});

test("a plugin is offered, and completes its own words", async () => {
  writeFileSync(join(folder, "kubectl-who_is"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "kubectl_complete-who_is"), '#!/bin/sh\necho "a-$1-$2"\necho :4\n', { mode: 0o755 });
  assert.deepEqual(names((await completionsOf(["who"], io())).choices), ["who-is"]);
  assert.deepEqual(await completionsOf(["who-is", "x", "y"], io()), { choices: ["a-x-y"], directive: does.noFiles });
});

/** What bash would offer at the end of `line`, when kubectl answers `answer`; the request that it made comes first. */
function inBash(line: string, answer: string): string[] {
  const words = line.match(/[^\s=:]+|[=:]|\s$/g)!.map((word) => word.trim());
  const program = `
compopt() { :; }
kubectl() { printf '<%s>' "$@" >&2; printf '%s\\n' "$ANSWER"; }
${scripts.bash}
COMP_LINE="$LINE"; COMP_POINT=\${#LINE}; COMP_TYPE=9
COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}
exec 3>&2 2>asked
__kubectl_complete
cat asked; echo
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const asked = program.replace("2>/dev/null) || return", "2>asked) || return");
  const { stdout } = spawnSync("bash", ["-c", asked], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, LINE: line, ANSWER: answer },
  });
  return stdout.trimEnd().split("\n");
}

test("the script for bash asks for the words as they stand and offers what readline replaces", () => {
  const table: [string, string, string[]][] = [
    ["kubectl get po", "pods\tdescription\npodtemplates\n:4", ["<__complete><get><po>", "pods", "podtemplates"]],
    ["kubectl get pods ", "a\nb\n:4", ["<__complete><get><pods><>", "a", "b"]],
    ["kubectl get --context=b", "blue\n:4", ["<__complete><get><--context=b>", "blue"]],
    ["kubectl port-forward x 80:8", "80:8080\n:4", ["<__complete><port-forward><x><80:8>", "8080"]],
    ["kubectl get x", ":0", ["<__complete><get><x>"]],
    ["kubectl nope x", "no directive", ["<__complete><nope><x>"]],
  ];
  for (const [line, answer, expected] of table) assert.deepEqual(inBash(line, answer), expected, line);
});
