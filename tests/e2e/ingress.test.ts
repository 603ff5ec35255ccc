/** examples/ingress on a real node: hosts, paths and certificates on localhost, and a rollout that no request notices. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testAuthority } from "#serve/test-certificates.ts";
import { eventually, load, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

test("ingress", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster("ingress-e2e", [spoke, "kubectl"]);
  const { kubectl } = { kubectl: (line: string) => cluster.kubectl(line).stdout };
  const curl = (...words: string[]): string => spawnSync("curl", ["-sS", "--max-time", "10", ...words], { encoding: "utf8" }).stdout;
  const toHost = (host: string, path = "/") => curl("-H", `Host: ${host}`, `http://127.0.0.1${path}`);
  /** By TLS, with the host's name as the client asks for it; the certificate must be good. */
  const toSecure = (host: string, ca: string, ...words: string[]) =>
    curl("--cacert", ca, "--resolve", `${host}:443:127.0.0.1`, ...words, `https://${host}/`);
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces("ingress-e2e"), []);
  });
  const up = cluster.spoke("up");
  assert.equal(up.code, 0, up.stdout + up.stderr);

  await t.test("the class is there, is the default, and the Ingress gets class and address", async () => {
    assert.match(kubectl("get ingressclass"), /^spoke \(default\) +spoke\.dev\/ingress/m);
    const output = cluster.kubectl("apply -f examples/ingress");
    assert.doesNotMatch(output.stderr, /Warning/);
    kubectl("wait --for=condition=available deployment/web deployment/shop --timeout=90s");
    await eventually("the address", () =>
      assert.match(kubectl("get ingress sites"), /^sites +spoke +web\.example\.com,shop\.example\.com +10\.89\.\d+\.1 +80, 443/m),
    );
  });

  await t.test("requests go by host and path, on localhost and on the bridge", async () => {
    await eventually("the first answer", () => assert.match(toHost("web.example.com"), /^web web\.example\.com http /));
    assert.match(toHost("shop.example.com", "/x"), /^308: https:\/\/shop\.example\.com\/x\n/);
    assert.match(toHost("web.example.com", "/cart/1"), /^shop web\.example\.com /);
    assert.match(toHost("web.example.com", "/carts"), /^web /);
    assert.match(toHost("nobody.example.com"), /^404: /);
    assert.match(curl("http://web.example.com.localhost/"), /^web web\.example\.com\.localhost http /);
    const address = kubectl("get ingress sites -o jsonpath={.status.loadBalancer.ingress[0].ip}");
    assert.match(curl("-H", "Host: web.example.com", `http://${address}/`), /^web /);
    const fromPod = cluster.kubectl([
      "exec",
      "deployment/web",
      "--",
      "node",
      "-e",
      `require("http").get({host:"${address}",headers:{host:"web.example.com"}},function(r){r.pipe(process.stdout)})`,
    ]);
    assert.match(fromPod.stdout, /^web /);
  });

  await t.test("TLS: the cluster's own certificate, a Secret's as soon as there is one, HTTP/2", async () => {
    const own = `/var/lib/spoke/ingress-e2e/pki/ingress-ca.crt`;
    assert.match(toSecure("web.example.com", own), /^web web\.example\.com https /);
    assert.match(toSecure("web.example.com.localhost", own), /^web /);
    assert.match(toSecure("shop.example.com", own, "-w", "%{http_version}"), /^shop shop\.example\.com https .*\n2$/);
    await eventually("the event", () => assert.match(kubectl("describe ingress sites"), /BadCertificate .*Secret shop-tls: there is none/));
    const authority = await testAuthority();
    const pem = await authority.serving("shop.example.com");
    const files = Object.entries({ ca: authority.ca, crt: pem.cert, key: pem.key }).map(([name, text]) => {
      const file = join(cluster.folder, `shop.${name}`);
      writeFileSync(file, text);
      return file;
    });
    kubectl(`create secret tls shop-tls --cert=${files[1]} --key=${files[2]}`);
    await eventually("the Secret's certificate", () => assert.match(toSecure("shop.example.com", files[0]!), /^shop /));
  });

  await t.test("a rollout under 200 requests a second fails none", async () => {
    const asking = load("http://127.0.0.1/", 200, "web web.example.com http ", { host: "web.example.com" });
    // In the background: what is asked meanwhile is asked by this very process.
    for (const line of [
      "set env deployment/web ROUND=2",
      "rollout status deployment/web",
      "rollout restart deployment/web",
      "rollout status deployment/web",
    ]) {
      const { child, text } = cluster.start(line);
      const code = await new Promise((done) => child.once("exit", done));
      assert.equal(code, 0, text());
    }
    const { asked, failures } = await asking.stop();
    assert.deepEqual(failures.slice(0, 5), []);
    assert.ok(asked > 500, `only ${asked} were asked`);
    t.diagnostic(`${asked} requests during two rollouts, ${failures.length} failed`);
  });

  await t.test("the process is killed and comes back; each request is in the access log", async () => {
    const pid = Number(JSON.parse(readFileSync("/run/spoke/ingress-e2e/ingress.pid", "utf8")).pid);
    process.kill(pid, "SIGKILL");
    await eventually("it answers again", () => assert.match(toHost("web.example.com", "/after"), /^web /), 20_000);
    await eventually("the log", () =>
      assert.match(
        readFileSync("/var/lib/spoke/ingress-e2e/logs/ingress-access.log", "utf8"),
        /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/after HTTP\/1\.1" 200 \d+ "-" "curl[^"]*" 0 \d+\.\d{3} \[default-web-http\] \[\] 10\.\d+\.\d+\.\d+:8080 web\.example\.com [0-9a-f]{32}$/m,
      ),
    );
  });

  await t.test("when the last Ingress goes, localhost's ports are given back", async () => {
    kubectl("delete ingress sites");
    await eventually("nobody listens", () => assert.equal(toHost("web.example.com"), ""));
  });
});
