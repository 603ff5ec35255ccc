/** Runs checks and tests, and ends with one line that counts them: `N passed, N failed`. */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules/.bin");
const flags = [
  "--disable-proto=delete",
  "--enable-experimental-regexp-engine-on-excessive-backtracks",
  "--disable-warning=ExperimentalWarning",
];

/** A step that takes longer hangs: minutes, many times what it takes. */
const patienceMinutes: Record<string, number> = { unit: 15, integration: 10, simulation: 10, vm: 180 };

interface Count {
  passed: number;
  failed: number;
}

/** Every step by name; no name on the command line: all of `everything`, in order. */
const steps: Record<string, (pattern: string[]) => Count> = {
  types: () => command("types", [join(bin, "tsc"), "--noEmit"]),
  lint: () => command("lint", [join(bin, "biome"), "check", "--diagnostic-level=error", "."]),
  tidy: () => command("tidy", [process.execPath, ...flags, "scripts/tidy.ts"]),
  // One process for all files: a test that leaks a timer or a server is found. One that hangs must not hold up the others.
  unit: (files) => tests("unit", files, ["src/**/*.test.ts", "scripts/**/*.test.ts"], ["--test-isolation=none", "--test-timeout=120000"]),
  integration: (files) => tests("integration", files, ["tests/integration/**/*.test.ts"], ["--test-concurrency=1"]),
  // Whole clusters from a seed, under a virtual clock.
  simulation: (files) => tests("simulation", files, ["tests/simulation/**/*.test.ts"], ["--test-concurrency=1"]),
  // Real containers, one file after another: they share the host's bridge.
  e2e: (files) => tests("e2e", files, ["tests/e2e/**/*.test.ts"], ["--test-concurrency=1"]),
  // An emulated machine: apart from the others, because it takes an hour.
  vm: (files) => tests("vm", files, ["tests/vm/**/*.test.ts"], ["--test-concurrency=1"]),
  // A disk that fails: not among everything, since it needs loop devices and strace.
  faults: (files) => tests("faults", files, ["tests/faults/**/*.test.ts"], ["--test-concurrency=1"]),
  install: (files) => tests("install", files, ["tests/install/**/*.test.ts"], ["--test-concurrency=1"]),
};
const everything = ["types", "lint", "tidy", "unit", "integration", "simulation", "e2e", "install"];

const [asked, ...files] = process.argv.slice(2);
if (asked && asked !== "check" && !steps[asked]) {
  console.error(`spoke test: no step ${JSON.stringify(asked)}; there are: check, ${Object.keys(steps).join(", ")}`);
  process.exit(2);
}
const chosen = !asked ? everything : asked === "check" ? ["types", "lint", "tidy", "unit"] : [asked];
const total: Count = { passed: 0, failed: 0 };
for (const name of chosen) {
  console.log(`\n== ${name}`);
  const count = steps[name](files);
  total.passed += count.passed;
  total.failed += count.failed;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

/** A check counts as one test. */
function command(name: string, argv: string[]): Count {
  const run = spawnSync(argv[0], argv.slice(1), { cwd: root, stdio: "inherit" });
  const passed = run.status === 0;
  console.log(`${name}: ${passed ? "passed" : "failed"}`);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function tests(name: string, asked: string[], patterns: string[], options: string[]): Count {
  const files = asked.length > 0 ? asked : patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  if (files.length === 0) {
    console.log(`${name}: there are no tests`);
    return { passed: 0, failed: 0 };
  }
  const folder = mkdtempSync(join(tmpdir(), "spoke-test-"));
  const tap = join(folder, "tap");
  const reporters = [
    `--test-reporter=${name === "unit" ? "dot" : "spec"}`,
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${tap}`,
  ];
  const timeout = (patienceMinutes[name] ?? 30) * 60_000;
  const run = spawnSync(process.execPath, [...flags, "--test", ...options, ...reporters, ...files], {
    cwd: root,
    stdio: "inherit",
    timeout,
  });
  const count = countOf(tap);
  if (run.signal)
    console.log(`${name}: ended by ${run.signal} after ${timeout / 60_000} minutes: a test hangs, or one left a server or a timer open`);
  rmSync(folder, { recursive: true, force: true });
  // A run that dies before its summary, or fails outside any test, is a failure too.
  if (run.status !== 0 && count.failed === 0) count.failed = 1;
  console.log(`${name}: ${count.passed} passed, ${count.failed} failed`);
  return count;
}

function countOf(tap: string): Count {
  let text = "";
  try {
    text = readFileSync(tap, "utf8");
  } catch {
    // No summary: the caller counts the exit code.
  }
  const number = (word: string) => Number(text.match(new RegExp(`^# ${word} (\\d+)`, "m"))?.[1] ?? 0);
  return { passed: number("pass"), failed: number("fail") + number("cancelled") };
}
