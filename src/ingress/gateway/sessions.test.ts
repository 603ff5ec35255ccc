import assert from "node:assert/strict";
import { test } from "node:test";
import { beginning, type Sessions, sessionIn, sessionsOf } from "./sessions.ts";

const durationMs = (text: string) => Number.parseInt(text, 10) * 1000;
const read = (given: Parameters<typeof sessionsOf>[0]) => sessionsOf(given, { rule: "default/web", durationMs });
const token = "0123456789abcdef0123456789abcdef";
const nowMs = Date.UTC(2026, 0, 1);

const texts: [given: Parameters<typeof sessionsOf>[0], problem: string][] = [
  [{ type: "Other" }, "sessionPersistence of type Other"],
  [{ type: "Header", cookieConfig: {} }, "sessionPersistence of type Header with cookieConfig"],
  [{ cookieConfig: { lifetimeType: "Permanent" } }, "a permanent session without absoluteTimeout"],
  [{ sessionName: "a b" }, "sessionName a b"],
];
for (const [given, problem] of texts) test(`sessions: ${problem}`, () => assert.equal(read(given), problem));

test("a session of a browser is a cookie without an age, and of a rule's own name", () => {
  const sessions = read({}) as Sessions;
  assert.match(sessions.name, /^gateway-session-[0-9a-f]{8}$/);
  const [name, cookie] = beginning(sessions, token, { nowMs, secure: true }) as [string, string];
  assert.equal(name, "Set-Cookie");
  assert.match(cookie, /^gateway-session-[0-9a-f]{8}=[0-9a-z.]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
  const back = ["Cookie", `other=1; ${cookie.split(";")[0]}`];
  assert.equal(sessionIn(sessions, back, nowMs + 1e9), token);
  assert.equal(sessionIn(sessions, [], nowMs), undefined);
});

test("a session is over when its time is, and a permanent one says so to the browser", () => {
  const sessions = read({ sessionName: "s", absoluteTimeout: "60s", cookieConfig: { lifetimeType: "Permanent" } }) as Sessions;
  const [, cookie] = beginning(sessions, token, { nowMs, secure: false }) as [string, string];
  assert.match(cookie, /; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax$/);
  const back = ["cookie", cookie.split(";")[0]!];
  assert.equal(sessionIn(sessions, back, nowMs + 59_000), token);
  assert.equal(sessionIn(sessions, back, nowMs + 60_000), undefined);
  assert.equal(sessionIn(sessions, back, nowMs - 2000), undefined, "from the future");
});

test("a session may be a header that the client sends again", () => {
  const sessions = read({ type: "Header", sessionName: "X-Session" }) as Sessions;
  const [name, text] = beginning(sessions, token, { nowMs, secure: false }) as [string, string];
  assert.equal(name, "x-session");
  assert.equal(sessionIn(sessions, ["X-Session", text], nowMs), token);
  assert.equal(sessionIn(sessions, ["X-Session", "nonsense"], nowMs), undefined);
});
