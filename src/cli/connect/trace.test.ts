import assert from "node:assert/strict";
import { test } from "node:test";
import { Trace, truncated } from "./trace.ts";

function traced(level: number, headers: Record<string, string> = { accept: "application/json" }): string {
  let written = "";
  let clock = 0;
  const trace = new Trace({ level, now: () => (clock += 5), write: (text) => (written += text) });
  const answered = trace.request("GET", "https://h:6443/api", { headers }, undefined);
  answered.head({ statusCode: 200, statusMessage: "OK", headers: { "content-type": "application/json", date: "today" } });
  answered.body('{"kind":"x"}\n');
  return written.replaceAll(/^I\d{4} \S+ +\d+ /gm, "I ");
}

test("-v shows more of a request the higher it is", () => {
  const response = (extra: string) => `I round_trippers.go:632] "Response" ${extra}\n`;
  const headers = "headers=<\n\tAccept: application/json\n >";
  const table: [number, string][] = [
    [6, response('verb="GET" url="https://h:6443/api" status="200 OK" milliseconds=5')],
    [7, `I round_trippers.go:527] "Request" verb="GET" url="https://h:6443/api" ${headers}\n${response('status="200 OK" milliseconds=5')}`],
  ];
  for (const [level, expected] of table) assert.equal(traced(level).replaceAll(/milliseconds=\d+/g, "milliseconds=5"), expected);
  assert.match(traced(8), /"Request Body" body=""\n/);
  assert.match(traced(8), /"Response Body" body=<\n\t\{"kind":"x"\}\n >\n/);
  assert.match(traced(8), /headers=<\n\tContent-Type: application\/json\n\tDate: today\n >/);
  assert.match(traced(9), /curlCommand=<\n\tcurl -v -XGET {2}-H "Accept: application\/json" 'https:\/\/h:6443\/api'\n >/);
});

test("credentials are masked", () => {
  const table: [string, string][] = [
    ["Bearer abc", "Bearer <masked>"],
    ["Basic abc", "Basic <masked>"],
    ["bearer", "bearer"],
    ["secret", "<masked>"],
  ];
  for (const [value, shown] of table) assert.ok(traced(7, { authorization: value }).includes(`Authorization: ${shown}\n`), value);
});

test("long bodies are cut by the level", () => {
  const body = "x".repeat(11_000);
  assert.equal(truncated(body, 8), `${"x".repeat(1024)} [truncated 9976 chars]`);
  assert.equal(truncated(body, 9), `${"x".repeat(10_240)} [truncated 760 chars]`);
  assert.equal(truncated(body, 10), body);
});
