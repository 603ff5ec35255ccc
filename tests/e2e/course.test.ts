/** The course, command for command, on real containers: on one node and on three, with our kubectl and with upstream's. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { eventually, get, load, realNodes, root, sleep, spoke, TestCluster, traces, upstreamKubectl } from "./cluster.ts";

const upstream = upstreamKubectl();
const kubectls: { of: string; command: string[] }[] = [{ of: "our kubectl", command: [spoke, "kubectl"] }];
if (upstream) kubectls.push({ of: "upstream's kubectl", command: [upstream] });
else console.log("# there is no upstream kubectl on PATH: the course runs with ours only");

const only = process.env.SPOKE_COURSE?.split(","); // for example "1,ours" or "3,upstream"
for (const nodes of [1, 3]) {
  for (const { of, command } of kubectls) {
    if (only && (only[0] !== `${nodes}` || (only[1] ?? "ours") !== (command[0] === spoke ? "ours" : "upstream"))) continue;
    test(`the course on ${nodes} node${nodes === 1 ? "" : "s"} with ${of}`, { skip: realNodes(), timeout: 900_000 }, (t) =>
      course(t, nodes, command),
    );
  }
}

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

async function course(t: TestContext, nodes: number, kubectlCommand: string[]): Promise<void> {
  const cluster = new TestCluster("course", kubectlCommand);
  const json = (line: string): Json => JSON.parse(cluster.kubectl(`${line} -o json`).stdout);
  const pods = (label = "app=bootcamp"): Json[] =>
    json(`get pods -l ${label}`).items.filter((pod: Json) => !pod.metadata.deletionTimestamp);
  const readyPods = (count: number, label?: string) =>
    eventually(`${count} Ready pods`, () => {
      const ready = pods(label).filter((pod) => pod.status.conditions?.some((c: Json) => c.type === "Ready" && c.status === "True"));
      assert.equal(ready.length, count, `${ready.length} of ${count} Ready`);
      assert.equal(pods(label).length, count);
      return ready;
    });
  const inPod = (pod: string, ...words: string[]) => cluster.kubectl(["exec", pod, "--", ...words]).stdout;
  // busybox asks every name of the search path, and its exit code tells of the last.
  const lookUp = (...words: string[]) => cluster.kubectl(["exec", "inside", "--", "nslookup", ...words], { fails: true }).stdout;
  const running = (name: string) => eventually(`pod ${name} runs`, () => assert.equal(json(`get pod ${name}`).status.phase, "Running"));
  let failed = false;
  const step = async (name: string, work: () => void | Promise<void>) => {
    await t.test(name, async () => {
      try {
        await work();
      } catch (error) {
        failed = true;
        throw error;
      }
    });
  };

  try {
    await step("up starts the cluster, and again starts nothing twice", () => {
      const first = cluster.spoke("up", "--nodes", String(nodes));
      assert.equal(first.code, 0, first.stdout + first.stderr);
      assert.match(first.stdout, /node-1 is Ready/);
      const pids = cluster.spoke("status").stdout.match(/pid \d+/g);
      const again = cluster.spoke("up");
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.deepEqual(cluster.spoke("status").stdout.match(/pid \d+/g), pids);
      assert.ok(traces("course").length > 5);
    });
    if (failed) return;

    await step("nothing is there yet, and the server tells about itself", () => {
      const empty = cluster.kubectl("get pods");
      assert.equal(empty.stdout + empty.stderr, "No resources found in default namespace.\n");
      assert.match(cluster.kubectl("get nodes").stdout, /^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\n/);
      assert.match(cluster.kubectl("api-resources").stdout, /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
      assert.match(cluster.kubectl("api-versions").stdout, /^apps\/v1$/m);
      assert.match(cluster.kubectl("explain deployment.spec.strategy").stdout, /KIND:\s+Deployment/);
      assert.match(cluster.kubectl("cluster-info").stdout, /Kubernetes control plane.* is running at /);
      assert.match(cluster.kubectl("version").stdout, /Server Version: v1\.36/);
      assert.match(cluster.kubectl("config get-contexts").stdout, /\*\s+course\s+course/);
    });

    const watching = cluster.start("get pods -w");
    await step("apply says created, unchanged and configured", async () => {
      assert.equal(cluster.kubectl("apply -f examples/bootcamp/app.yml").stdout, "deployment.apps/bootcamp created\n");
      assert.equal(cluster.kubectl("apply -f examples/bootcamp/app.yml").stdout, "deployment.apps/bootcamp unchanged\n");
      await readyPods(2);
      const three = readFileSync(`${root}/examples/bootcamp/app.yml`, "utf8").replace("replicas: 2", "replicas: 3");
      assert.equal(cluster.apply(three).stdout, "deployment.apps/bootcamp configured\n");
      await readyPods(3);
      cluster.kubectl("apply -f examples/bootcamp/app.yml");
      await readyPods(2);
    });
    await step("the watch has shown every stage", async () => {
      await eventually("rows", () => {
        assert.match(watching.text(), /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE/);
        for (const stage of ["Pending", "ContainerCreating", "Running", "Terminating"])
          assert.match(watching.text(), new RegExp(`bootcamp-\\S+\\s+\\d/1\\s+${stage}`));
      });
      await watching.stop();
    });

    await step("a Service has an address and answers", async () => {
      assert.equal(cluster.kubectl("apply -f examples/bootcamp/service.yml").stdout, "service/bootcamp-svc created\n");
      assert.match(cluster.kubectl("get svc bootcamp-svc").stdout, /bootcamp-svc\s+ClusterIP\s+10\.\d+\.\d+\.\d+\s+<none>\s+80\/TCP/);
    });
    await step("kubectl proxy leads to the Service", async () => {
      const proxy = cluster.start("proxy --port=18001");
      await eventually("the proxy listens", () => assert.match(proxy.text(), /Starting to serve on 127\.0\.0\.1:18001/));
      for (const name of ["bootcamp-svc", "http:bootcamp-svc:80"]) {
        await eventually(`page by ${name}`, async () => {
          const { body } = await get(`http://127.0.0.1:18001/api/v1/namespaces/default/services/${name}/proxy/`);
          assert.match(body, /Hello Kubernetes!/);
        });
      }
      await proxy.stop();
    });
    await step("port-forward leads to the Service", async () => {
      const forward = cluster.start("port-forward service/bootcamp-svc --address=0.0.0.0 :80");
      const port = await eventually(
        "a port",
        () => /Forwarding from 0\.0\.0\.0:(\d+) -> 8080/.exec(forward.text())?.[1] ?? assert.fail(forward.text()),
      );
      assert.match((await get(`http://127.0.0.1:${port}/`)).body, /Hello Kubernetes!/);
      await forward.stop();
    });

    await step("names and addresses work from inside a pod", async () => {
      cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "inside" },
        spec: {
          containers: [{ name: "main", image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "3600"] }],
          terminationGracePeriodSeconds: 0,
        },
      });
      await running("inside");
      const ip = json("get svc bootcamp-svc").spec.clusterIP;
      // busybox's nslookup takes names with a dot as they are; wget resolves as any program does.
      for (const name of ["bootcamp-svc", "bootcamp-svc.default.svc.cluster.local"]) {
        await eventually(`nslookup ${name}`, () => assert.ok(lookUp(name).includes(ip)), 15_000);
      }
      assert.match(lookUp("-type=srv", "_https._tcp.kubernetes.default.svc.cluster.local"), /443 kubernetes\.default\.svc\.cluster\.local/);
      assert.match(lookUp(ip), /bootcamp-svc\.default\.svc\.cluster\.local/);
      for (const name of ["bootcamp-svc", "bootcamp-svc.default", "bootcamp-svc.default.svc.cluster.local"]) {
        await eventually(
          `the page of ${name}`,
          () => assert.equal(inPod("inside", "wget", "-qO-", `http://${name}`), "Hello Kubernetes!"),
          15_000,
        );
      }
      const first = pods()[0].metadata.name;
      assert.match(inPod(first, "curl", "-s", "http://bootcamp-svc"), /Hello Kubernetes!/);
      // Pod to pod, without translation: every pod by its own address.
      for (const pod of pods()) assert.equal(inPod("inside", "wget", "-qO-", `http://${pod.status.podIP}:8080`), "Hello Kubernetes!");
    });

    await step("pods are deleted under load without a failed request", async () => {
      const ip = json("get svc bootcamp-svc").spec.clusterIP;
      await eventually("the Service answers from the host", async () => assert.equal((await get(`http://${ip}/`)).status, 200));
      const traffic = load(`http://${ip}/`, 200);
      await sleep(500);
      const name = pods()[0].metadata.name;
      assert.match(cluster.kubectl(`delete pods ${name}`).stdout, new RegExp(`pod "${name}" deleted`));
      await readyPods(2);
      await sleep(500);
      const { asked, failures } = await traffic.stop();
      assert.ok(asked > 100, `${asked} requests`);
      assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${asked} failed`);
    });

    await step("scale up, to nothing, and back", async () => {
      assert.equal(cluster.kubectl("scale deployment/bootcamp --replicas=10").stdout, "deployment.apps/bootcamp scaled\n");
      await readyPods(10);
      cluster.kubectl("scale deployment/bootcamp --replicas=0");
      await eventually("no pods", () => assert.equal(json("get pods -l app=bootcamp").items.length, 0));
      cluster.kubectl("scale deployment/bootcamp --replicas=2");
      await readyPods(2);
    });

    await step("a rollout under load fails no request, is recorded, and can be undone", async () => {
      const ip = json("get svc bootcamp-svc").spec.clusterIP;
      await eventually("the Service answers", async () => assert.equal((await get(`http://${ip}/`)).status, 200));
      const traffic = load(`http://${ip}/`, 200);
      assert.equal(cluster.kubectl("rollout restart deployment/bootcamp").stdout, "deployment.apps/bootcamp restarted\n");
      assert.match(
        cluster.kubectl("rollout status deployment/bootcamp --timeout=90s").stdout,
        /deployment "bootcamp" successfully rolled out/,
      );
      await sleep(500);
      const { asked, failures } = await traffic.stop();
      assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${asked} failed`);
      assert.match(cluster.kubectl("rollout history deployment/bootcamp").stdout, /REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/);
      assert.equal(
        cluster.kubectl("set image deployment/bootcamp bootcamp-app=gcr.io/google-samples/node-hello:none").stdout,
        "deployment.apps/bootcamp image updated\n",
      );
      await eventually(
        "the pull fails visibly",
        () => assert.match(cluster.kubectl("get pods").stdout, /ErrImagePull|ImagePullBackOff/),
        90_000,
      );
      assert.equal(cluster.kubectl("rollout undo deployment/bootcamp").stdout, "deployment.apps/bootcamp rolled back\n");
      cluster.kubectl("rollout status deployment/bootcamp --timeout=90s");
      cluster.kubectl("rollout pause deployment/bootcamp");
      cluster.kubectl("rollout resume deployment/bootcamp");
      await readyPods(2);
    });

    await step("NodePort and LoadBalancer answer from the host", async () => {
      cluster.kubectl("expose deployment bootcamp --name=by-port --type=NodePort --port=80 --target-port=8080");
      const port = json("get svc by-port").spec.ports[0].nodePort;
      for (const node of json("get nodes").items) {
        const address = node.status.addresses.find((a: Json) => a.type === "InternalIP").address;
        await eventually(`${address}:${port}`, async () =>
          assert.equal((await get(`http://${address}:${port}/`)).body, "Hello Kubernetes!"),
        );
      }
      await eventually("localhost", async () => assert.equal((await get(`http://127.0.0.1:${port}/`)).body, "Hello Kubernetes!"));
      cluster.kubectl("expose deployment bootcamp --name=balanced --type=LoadBalancer --port=18080 --target-port=8080");
      const address = await eventually(
        "an external address",
        () => json("get svc balanced").status.loadBalancer.ingress?.[0]?.ip ?? assert.fail("none yet"),
      );
      await eventually(`http://${address}`, async () => assert.equal((await get(`http://${address}:18080/`)).body, "Hello Kubernetes!"));
    });

    await step("init containers, sidecars and two containers share localhost and volumes", async () => {
      const share = [{ name: "share", mountPath: "/share" }];
      const busybox = (name: string, script: string, more: object = {}) => ({
        name,
        image: "busybox:1.36",
        command: ["sh", "-c", script],
        volumeMounts: share,
        ...more,
      });
      cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "family" },
        spec: {
          terminationGracePeriodSeconds: 0,
          volumes: [{ name: "share", emptyDir: {} }],
          initContainers: [
            busybox("first", "echo made-first > /share/page"),
            busybox("sidecar", "httpd -f -p 8088 -h /share", { restartPolicy: "Always" }),
          ],
          containers: [busybox("one", "sleep 3600"), busybox("two", "echo i-am-two; sleep 3600")],
        },
      });
      await running("family");
      await eventually(
        "the page",
        () =>
          assert.match(
            cluster.kubectl(["exec", "family", "-c", "one", "--", "wget", "-qO-", "http://127.0.0.1:8088/page"]).stdout,
            /made-first/,
          ),
        15_000,
      );
      assert.equal(cluster.kubectl("logs family -c two").stdout, "i-am-two\n");
      assert.match(cluster.kubectl("get pod family").stdout, /family\s+3\/3\s+Running/);
    });

    await step("ends are shown as upstream shows them", async () => {
      const ends = (name: string, script: string, more: object = {}) =>
        cluster.apply({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name },
          spec: {
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 0,
            containers: [{ name: "c", image: "busybox:1.36", command: ["sh", "-c", script], ...more }],
            ...(name === "crashes" ? { restartPolicy: "Always" } : {}),
          },
        });
      ends("completes", "true");
      ends("errs", "exit 3");
      ends("crashes", "exit 1");
      ends("eats", "a=x; while true; do a=$a$a$a; done", { resources: { limits: { memory: "16Mi" } } });
      await eventually("STATUS", () => {
        const table = cluster.kubectl("get pods").stdout;
        assert.match(table, /completes\s+0\/1\s+Completed/);
        assert.match(table, /errs\s+0\/1\s+Error/);
        assert.match(table, /crashes\s+0\/1\s+CrashLoopBackOff\s+[1-9]/);
        assert.match(table, /eats\s+0\/1\s+OOMKilled/);
      });
      assert.equal(json("get pod errs").status.containerStatuses[0].state.terminated.exitCode, 3);
    });

    await step("configuration arrives as environment and as files that follow changes", async () => {
      cluster.kubectl("create configmap settings --from-literal=colour=blue");
      cluster.kubectl("create secret generic secrets --from-literal=word=hush");
      cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "configured", labels: { team: "red" } },
        spec: {
          terminationGracePeriodSeconds: 0,
          volumes: [
            { name: "settings", configMap: { name: "settings" } },
            {
              name: "all",
              projected: {
                sources: [
                  { secret: { name: "secrets" } },
                  { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
                ],
              },
            },
          ],
          containers: [
            {
              name: "c",
              image: "busybox:1.36",
              command: ["sleep", "3600"],
              env: [
                { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
                { name: "WORD", valueFrom: { secretKeyRef: { name: "secrets", key: "word" } } },
              ],
              envFrom: [{ configMapRef: { name: "settings" } }],
              resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "100m", memory: "32Mi" } },
              volumeMounts: [
                { name: "settings", mountPath: "/settings" },
                { name: "all", mountPath: "/all" },
              ],
            },
          ],
        },
      });
      await running("configured");
      const env = inPod("configured", "env");
      assert.match(env, /^colour=blue$/m);
      assert.match(env, /^WORD=hush$/m);
      assert.match(env, /^NODE=.*node-\d$/m);
      assert.equal(inPod("configured", "cat", "/all/word"), "hush");
      assert.match(inPod("configured", "cat", "/all/labels"), /team="red"/);
      cluster.kubectl(["patch", "configmap", "settings", "-p", '{"data":{"colour":"green"}}']);
      await eventually("the file follows", () => assert.equal(inPod("configured", "cat", "/settings/colour"), "green"), 100_000);
    });

    await step("what fits nowhere stays Pending and says why", async () => {
      cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "huge" },
        spec: { containers: [{ name: "c", image: "busybox:1.36", resources: { requests: { cpu: "1000" } } }] },
      });
      await eventually("FailedScheduling", () => {
        assert.match(
          cluster.kubectl("get events --field-selector reason=FailedScheduling").stdout,
          new RegExp(`0/${nodes} nodes are available: ${nodes} Insufficient cpu`),
        );
        assert.match(cluster.kubectl("get pod huge").stdout, /huge\s+0\/1\s+Pending/);
      });
      const why = cluster.spoke("kubectl", "why", "pod/huge").stdout;
      assert.match(why, /^pod\/huge is Pending: no node takes it$/m);
      assert.match(why, /because {2}0 of \d nodes would do\n.*Insufficient cpu$[\s\S]*do +ask for less cpu/m);
      assert.match(
        cluster.spoke("kubectl", "tree", "service/bootcamp-svc").stdout,
        /^Service\/bootcamp-svc .*\n└─EndpointSlice\/bootcamp-svc-/m,
      );
      cluster.kubectl("delete pod huge --wait=false");
    });

    await step("probes decide about traffic and restarts", async () => {
      cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "probed" },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: "c",
              image: "busybox:1.36",
              command: ["sh", "-c", "touch /tmp/alive; sleep 3600"],
              readinessProbe: { exec: { command: ["cat", "/tmp/ready"] }, periodSeconds: 1 },
              livenessProbe: { exec: { command: ["cat", "/tmp/alive"] }, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 },
            },
          ],
        },
      });
      await running("probed");
      assert.match(cluster.kubectl("get pod probed").stdout, /probed\s+0\/1\s+Running/);
      inPod("probed", "touch", "/tmp/ready");
      await eventually("Ready", () => assert.match(cluster.kubectl("get pod probed").stdout, /probed\s+1\/1\s+Running/), 15_000);
      inPod("probed", "rm", "/tmp/alive");
      await eventually("a restart", () => assert.equal(json("get pod probed").status.containerStatuses[0].restartCount, 1), 30_000);
    });

    await step("kubectl shows, describes, copies, labels, waits and asks", async () => {
      const name = pods()[0].metadata.name;
      assert.match(cluster.kubectl("get pods -o wide").stdout, /NODE\s+NOMINATED NODE\s+READINESS GATES/);
      assert.equal(cluster.kubectl(["get", "pod", name, "-o", "jsonpath={.metadata.name}"]).stdout, name);
      assert.match(cluster.kubectl(`describe pod ${name}`).stdout, /Events:/);
      assert.match(cluster.kubectl("get pods -A --sort-by=.metadata.name --show-labels").stdout, /app=bootcamp/);
      cluster.kubectl(`label pod inside seen=yes`);
      assert.match(cluster.kubectl("get pods -l seen=yes -o name").stdout, /^pod\/inside\n$/);
      cluster.kubectl("annotate pod inside note=here");
      cluster.kubectl("wait --for=condition=Ready pod/inside --timeout=20s");
      cluster.kubectl("cp examples/bootcamp/app.yml inside:/tmp/copied.yml");
      assert.equal(inPod("inside", "cat", "/tmp/copied.yml"), readFileSync(`${root}/examples/bootcamp/app.yml`, "utf8"));
      assert.equal(cluster.kubectl("auth can-i create pods").stdout, "yes\n");
      await eventually("measured within 15 s of their start", () =>
        assert.match(cluster.kubectl("top pods").stdout, /NAME\s+CPU\(cores\)\s+MEMORY\(bytes\)[\s\S]*bootcamp-/),
      );
      const node = json("get nodes").items[0].metadata.name;
      assert.equal(cluster.kubectl(`cordon ${node}`).stdout, `node/${node} cordoned\n`);
      assert.equal(cluster.kubectl(`uncordon ${node}`).stdout, `node/${node} uncordoned\n`);
      cluster.kubectl("run made --image=busybox:1.36 --restart=Never -- true");
      await eventually("made", () => assert.match(cluster.kubectl("get pod made").stdout, /Completed/));
    });

    await step("bad input is refused with upstream's words", () => {
      const refused = (manifest: string) => cluster.kubectl("apply -f -", { input: manifest, fails: true });
      const typo = refused("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i, imagee: j}]}\n");
      assert.equal(typo.code, 1);
      assert.match(typo.stderr, /unknown field "spec\.containers\[0\]\.imagee"/);
      assert.match(cluster.kubectl("get pods nothing", { fails: true }).stderr, /Error from server \(NotFound\): pods "nothing" not found/);
    });

    await step("killed processes come back, and pods go on", async () => {
      const ip = json("get svc bootcamp-svc").spec.clusterIP;
      const restarts = () =>
        pods().map((pod) => [pod.metadata.name, pod.status.containerStatuses[0].restartCount, pod.status.containerStatuses[0].containerID]);
      const containers = restarts();
      const traffic = load(`http://${ip}/`, 50);
      for (const name of ["node-1-agent", "control-plane", "node-1-containerd", "supervisor"]) {
        const pid =
          new RegExp(`${name}\\s+runs\\s+pid (\\d+)`).exec(cluster.spoke("status").stdout)?.[1] ?? assert.fail(`${name} does not run`);
        process.kill(Number(pid), "SIGKILL");
        await eventually(`${name} is back`, () => {
          const now = new RegExp(`${name}\\s+runs\\s+pid (\\d+)`).exec(cluster.spoke("status").stdout)?.[1];
          assert.ok(now && now !== pid, `${name} has pid ${now}`);
        });
        await eventually("all is well", () => assert.equal(cluster.spoke("status").code, 0, cluster.spoke("status").stdout));
      }
      const { asked, failures } = await traffic.stop();
      assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${asked} failed`);
      assert.deepEqual(restarts(), containers);
    });

    await step("down keeps the state and up brings all back", async () => {
      assert.equal(cluster.spoke("down").code, 0);
      assert.equal(cluster.spoke("status").code, 1);
      const up = cluster.spoke("up");
      assert.equal(up.code, 0, up.stdout + up.stderr);
      await readyPods(2);
      const ip = json("get svc bootcamp-svc").spec.clusterIP;
      await eventually("the Service answers", async () => assert.equal((await get(`http://${ip}/`)).body, "Hello Kubernetes!"));
    });

    await step("deleting what was applied takes it away", async () => {
      assert.match(cluster.kubectl("delete -f examples/bootcamp/app.yml").stdout, /deployment\.apps "bootcamp" deleted/);
      await eventually("no pods", () => assert.equal(json("get pods -l app=bootcamp").items.length, 0));
    });
  } finally {
    await t.test("destroy leaves nothing", async () => {
      const output = await cluster.destroy();
      assert.equal(output.code, 0, output.stdout + output.stderr);
      assert.deepEqual(traces("course"), []);
    });
  }
}
