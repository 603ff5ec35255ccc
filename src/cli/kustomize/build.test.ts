import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { kubectl } from "../mod.ts";

const folder = join(import.meta.dirname, "../../../tests/kubectl/kustomize");
const table = join(folder, "cases.txt");
/** Upstream's kubectl, to write its results into the table. */
const upstream = process.env.SPOKE_KUSTOMIZE;
const longest = 60;

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

interface Case {
  name: string;
  /** As the table has them. */
  input: string[];
  files: { path: string; content?: string; shared?: string }[];
  expected: Record<string, string>;
}

function cases(): Case[] {
  return readFileSync(table, "utf8")
    .split(/^== /m)
    .slice(1)
    .map((text) => {
      const [name = "", ...lines] = text.replace(/\n$/, "").split("\n");
      const found: Case = { name, input: [], files: [], expected: {} };
      for (const section of lines.join("\n").split(/^-- /m).slice(1)) readSection(found, section);
      return found;
    });
}

function readSection(into: Case, section: string): void {
  const [head = "", ...lines] = section.replace(/\n$/, "").split("\n");
  const body = lines.map((line) => line.slice(2));
  const open = body.at(-1) === "\\";
  const content = open ? body.slice(0, -1).join("\n") : body.map((line) => `${line}\n`).join("");
  const [what = "", value = ""] = head.split(" ");
  if (["code", "stdout", "stderr", "sha256"].includes(what)) {
    into.expected[what] = value || content;
    return;
  }
  into.input.push(`-- ${section.replace(/\n$/, "")}`);
  const [paths = "", shared] = head.split(/ ?= /);
  if (shared === undefined) into.files.push({ path: head, content });
  else if (paths === "") into.files.push(...shared.split(" ").map((file) => ({ path: file, shared: file })));
  else into.files.push({ path: paths, shared });
}

async function run(args: string[], cwd: string): Promise<Result> {
  if (upstream) {
    const { status, stdout, stderr } = spawnSync(upstream, args, { cwd, encoding: "utf8" });
    return { code: status ?? -1, stdout, stderr };
  }
  const out = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        out[name] += String(chunk);
        done();
      },
    });
  const code = await kubectl(args, { stdin: Readable.from([]), stdout: into("stdout"), stderr: into("stderr"), env: { HOME: cwd }, cwd });
  return { code, ...out };
}

async function result(each: Case): Promise<Result> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "spoke-kustomize-")));
  try {
    for (const { path, content, shared } of each.files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (shared === undefined) writeFileSync(join(root, path), content ?? "");
      else copyFileSync(join(folder, "shared", shared), join(root, path));
    }
    const found = await run(["kustomize", existsSync(join(root, "over")) ? "over" : "."], root);
    // Upstream prints an address of its memory in one message.
    const stderr = found.stderr.replaceAll(root, "{root}").replaceAll(/ &\{0x[0-9a-f]+ <nil>\}/g, "");
    return { ...found, stderr: stderr.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, "") };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const isLong = (text: string) => text.split("\n").length > longest + 1;

test("kustomizations build to what upstream's build to, byte for byte", { skip: upstream ? "the table is written" : false }, async () => {
  for (const each of cases()) {
    const { code, stdout, stderr } = await result(each);
    const { expected } = each;
    assert.equal(stderr, expected.stderr ?? "", `${each.name}: what is said`);
    if (expected.sha256) assert.equal(hash(stdout), expected.sha256, `${each.name}: ${stdout}`);
    else assert.equal(stdout, expected.stdout ?? "", each.name);
    assert.equal(code, Number(expected.code), `${each.name}: exit code`);
  }
});

test("the table is written from upstream's results", { skip: upstream ? false : "no SPOKE_KUSTOMIZE" }, async () => {
  const indented = (text: string) => text.replace(/\n$/, "").replaceAll(/^/gm, "  ");
  const [notes] = readFileSync(table, "utf8").split(/^== /m);
  let written = notes!;
  for (const each of cases()) {
    const { code, stdout, stderr } = await result(each);
    const out = stdout === "" ? [] : [isLong(stdout) ? `-- sha256 ${hash(stdout)}` : `-- stdout\n${indented(stdout)}`];
    const err = stderr === "" ? [] : [`-- stderr\n${indented(stderr)}`];
    written += `${[`== ${each.name}`, ...each.input, `-- code ${code}`, ...err, ...out].join("\n")}\n`;
  }
  writeFileSync(table, written);
});

const warn = () => {};

test("what is remote or would run programs is refused by name", async () => {
  const { rootLoader } = await import("./loader.ts");
  for (const path of ["https://github.com/x/y", "github.com/x/y?ref=v1", "git@github.com:x/y.git", "ssh://h/x"])
    assert.throws(() => rootLoader(path, { restricted: true }), { message: /is remote: this kubectl builds local folders and files only/ });
  const { build } = await import("./build.ts");
  const root = mkdtempSync(join(tmpdir(), "spoke-kustomize-"));
  writeFileSync(join(root, "kustomization.yaml"), "helmCharts: [{name: x}]\n");
  assert.throws(() => build(root, { warn }), { message: /helm charts are not inflated by this kubectl/ });
  rmSync(root, { recursive: true });
});
