import assert from "node:assert/strict";
import { test } from "node:test";
import { linkRewriter } from "./html-links.ts";

const origin = { own: "http://10.0.0.1:80", prefix: "/api/v1/namespaces/n/pods/p/proxy" };

async function rewritten(pieces: string[]): Promise<string> {
  const rewriter = linkRewriter(origin);
  for (const piece of pieces) rewriter.write(Buffer.from(piece));
  rewriter.end();
  const out: Buffer[] = [];
  for await (const chunk of rewriter) out.push(chunk as Buffer);
  return Buffer.concat(out).toString();
}

test("links to the page's own server are led back under the proxy's path, others stay", async () => {
  const page = `<a class=x href="/a">ü</a><img src='/i.png'><a href=/plain><a href="rel"><a href="//cdn/x"><a href="http://10.0.0.1:80/b?c=d">`;
  assert.equal(
    await rewritten([page]),
    `<a class=x href="${origin.prefix}/a">ü</a><img src='${origin.prefix}/i.png'><a href=${origin.prefix}/plain><a href="rel"><a href="//cdn/x"><a href="${origin.prefix}/b?c=d">`,
  );
  assert.equal(await rewritten([`<a href="${origin.prefix}/a">`]), `<a href="${origin.prefix}/a">`);
});

test("scripts, comments and other attributes are not touched", async () => {
  const page = `<script>x = '<a href="/a">'</script><!-- <a href="/a"> --><div data-href="/a" title="<a href='/b'>">/c</div>`;
  assert.equal(await rewritten([page]), page);
});

test("wherever the page is cut, the result is the same", async () => {
  const page = `<html><script>"<a href='/no'>"</script><p>1 < 2</p><a\n href = "/yes">é</a></html>`;
  const whole = await rewritten([page]);
  assert.match(whole, /proxy\/yes/);
  for (let cut = 1; cut < page.length; cut++) assert.equal(await rewritten([page.slice(0, cut), page.slice(cut)]), whole, `cut at ${cut}`);
});
